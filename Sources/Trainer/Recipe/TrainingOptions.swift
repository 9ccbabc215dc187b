import ConvNet
import Foundation

/// Everything a run is made of; it travels in `run.json` and in every checkpoint.
public struct TrainingOptions: Sendable, Codable, Hashable {
  /// A preset's name, or the path of a JSON description.
  public var network = Preset.cnnF.rawValue
  public var epochs = 90
  /// Pictures an update, over all ranks together.
  public var batch = 256
  public var learningRate = 0.01
  public var schedule = ScheduleKind.plateau
  public var momentum: Float = 0.9
  public var weightDecay: Float = 5e-4
  public var initialization = Initialization.gaussian
  public var backend = BackendChoice.auto
  public var precision = Precision.float32
  public var convolution = ConvolutionAlgorithm.auto
  public var reduction = ReductionMode.fast
  public var gradientWire = GradientWire.float32
  /// Pictures that a rank computes at once under `exact`; nil for a size that follows from the batch.
  public var microBatch: Int?
  public var seed: UInt64 = 0
  /// The side of the square crops; the network's own input side.
  public var crop = 224
  /// Pictures are resized so that their shorter side has this many pixels.
  public var shorterSide = 256
  public var flip = true
  public var eraseProbability: Float = 0.5
  public var badFileLimit = 0.01

  public init() {}

  /// The options in which a resumed run differs from what it was started with, as `name: before → now`.
  ///
  /// How long a run is, how it is saved and how it is watched isn't among the options, and may change freely.
  public func differences(from earlier: TrainingOptions) -> [String] {
    let (before, now) = (earlier.fields, fields)
    return now.keys.sorted().compactMap { key in
      guard !["backend", "convolution", "epochs", "badFileLimit", "gradientWire"].contains(key), before[key] != now[key] else {
        return nil
      }
      return "\(key): \(before[key] ?? "absent") → \(now[key] ?? "absent")"
    }
  }

  private var fields: [String: String] {
    Dictionary(
      uniqueKeysWithValues: Mirror(reflecting: self).children.compactMap { child in
        child.label.map { ($0, "\(child.value)") }
      })
  }

  /// As JSON with sorted keys.
  public func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }

  /// Options that `json` hasn't got, because it was written before they existed, keep their defaults.
  public init(json: String) throws {
    func fields(_ json: String) throws -> [String: Any] {
      try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any] ?? [:]
    }
    let merged = try fields(TrainingOptions().json()).merging(try fields(json)) { $1 }
    self = try JSONDecoder().decode(TrainingOptions.self, from: try JSONSerialization.data(withJSONObject: merged))
  }
}
