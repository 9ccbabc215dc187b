import ConvNet
import Data
import Files
import Foundation

/// What all results of a folder have in common, in `OUT/parameters.json`: a second run must say the same to go on with it.
public struct ResultHeader: Sendable, Hashable, Codable {
  public static let formatName = "deepinside-results"

  public var format = formatName
  public var version = 1
  /// The command: `class-models`, `saliency`, …
  public var command: String
  /// Everything that a result depends on besides the checkpoint and the item itself.
  public var parameters: [String: ParameterValue]
  public var checkpointSHA256: String
  public var checkpointFile: String
  public var network: String
  /// `[3, H, W]`
  public var input: [Int]
  public var classCount: Int

  /// - Parameter parameters: all but the precision, unless that is another than of `compute`.
  public init(command: String, parameters: [String: ParameterValue], net: TrainedNetwork, compute: ComputeSettings) {
    self.command = command
    self.parameters = parameters.merging([Self.precision: .text(compute.precision.rawValue)]) { given, _ in given }
    checkpointSHA256 = net.digest
    checkpointFile = net.fileName
    network = net.network.name
    input = [net.network.input.channels, net.network.input.height, net.network.input.width]
    classCount = net.classes.count
  }

  static let precision = "precision"

  /// The names of the parameters that differ, in order; not of those that say how a map is drawn, which earlier versions kept.
  /// Where there is no precision it is float32: earlier versions didn't keep it.
  static func differing(_ some: [String: ParameterValue], _ others: [String: ParameterValue]) -> [String] {
    let names = Set(some.keys).union(others.keys).subtracting(["percentile", "gamma", "colours"])
    func value(_ parameters: [String: ParameterValue], _ name: String) -> ParameterValue? {
      parameters[name] ?? (name == precision ? .text(Precision.float32.rawValue) : nil)
    }
    return names.filter { value(some, $0) != value(others, $0) }.sorted()
  }

  /// What keeps results of this header out of a folder of `other`, in words; nil when nothing does. The name of the
  /// checkpoint's file doesn't count: its digest does.
  func difference(from other: ResultHeader) -> String? {
    if command != other.command { return "they are of the command '\(other.command)', not '\(command)'" }
    if checkpointSHA256 != other.checkpointSHA256 {
      return "they are of the checkpoint \(other.checkpointFile) with SHA-256 \(other.checkpointSHA256.prefix(12))…, "
        + "not \(checkpointFile) with \(checkpointSHA256.prefix(12))…"
    }
    let differing = Self.differing(parameters, other.parameters)
    guard !differing.isEmpty else { return nil }
    let words = differing.map { name in
      "\(name) was \(other.parameters[name]?.description ?? "not given"), is \(parameters[name]?.description ?? "not given")"
    }
    return "they have other parameters: " + words.joined(separator: "; ")
  }
}

extension InputGeometry {
  /// What results of pictures depend on besides the checkpoint's own default: nothing for the paper's proportion, which results of
  /// earlier versions are of.
  var parameters: [String: ParameterValue] {
    if isUsual { return [:] }
    let all = ["shorter_side": shorterSide, "packed_side": packedSide].compactMapValues { $0 }
    return all.mapValues { .number(Double($0)) }
  }
}
