import Files
import Foundation

/// The file `OUT/parameters.json`: what all results of a folder have in common. A later run can add results only if its header
/// agrees.
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

  /// - Parameter network: the network's name.
  public init(
    command: String, parameters: [String: ParameterValue], checkpointSHA256: String, checkpointFile: String, network: String,
    input: [Int], classCount: Int
  ) {
    (self.command, self.parameters) = (command, parameters)
    (self.checkpointSHA256, self.checkpointFile) = (checkpointSHA256, checkpointFile)
    (self.network, self.input, self.classCount) = (network, input, classCount)
  }

  /// The name of the parameter for the precision of the computation. Folders of earlier versions lack it and have
  /// `usualPrecision`.
  package static let precision = "precision"
  private static let usualPrecision = ParameterValue.text("float32")

  /// The names of the parameters that differ, in order. Parameters of how a map is drawn, which earlier versions recorded, are
  /// left out.
  static func differing(_ some: [String: ParameterValue], _ others: [String: ParameterValue]) -> [String] {
    let names = Set(some.keys).union(others.keys).subtracting(["percentile", "gamma", "colours"])
    func value(_ parameters: [String: ParameterValue], _ name: String) -> ParameterValue? {
      parameters[name] ?? (name == precision ? usualPrecision : nil)
    }
    return names.filter { value(some, $0) != value(others, $0) }.sorted()
  }

  /// The reason, in words, why results with this header can't be added to a folder with the header `other`; nil if they can. The
  /// name of the checkpoint's file may differ, but not its digest.
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

extension ResultHeader: CheckedNumbers {
  public var problem: String? {
    let sides = NumberLimits.inputSides
    guard input.count == 3, input[0] > 0, input.dropFirst().allSatisfy(sides.contains), input[0] <= NumberLimits.sides.upperBound
    else { return "input \(input), expected [channels, height, width], no side above \(sides.upperBound) pixels" }
    for (name, value) in parameters.sorted(by: { $0.key < $1.key }) {
      guard case .number(let number) = value else { continue }
      if let problem = NumberLimits.problem(name, number, NumberLimits.options) { return problem }
    }
    return NumberLimits.problem("classCount", classCount, NumberLimits.sides)
  }

  /// Returns a parameter that is a count.
  ///
  /// - Throws: `ResultsError` if it is missing, or isn't a whole number in the range.
  package func count(_ name: String, in range: ClosedRange<Int>, folder: String) throws(ResultsError) -> Int {
    let number: Double? = if case .number(let number)? = parameters[name] { number } else { nil }
    guard let number, let count = Int(exactly: number), range.contains(count) else {
      let found = parameters[name]?.description ?? "nothing"
      throw ResultsError(
        .badData,
        "\((folder as NSString).appendingPathComponent(ResultStore.parametersFile)): expected \(name) to be "
          + "\(range.lowerBound) … \(range.upperBound), found \(found)")
    }
    return count
  }
}
