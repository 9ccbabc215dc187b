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
  public var seed: UInt64 = 0
  /// The side of the square crops; the network's own input side.
  public var crop = 224
  /// Pictures are resized so that their shorter side has this many pixels.
  public var shorterSide = 256
  /// Whether half of the pictures are mirrored.
  public var flip = true
  /// σ of the colour shift along the principal axes; 0 for none.
  public var colourDeviation: Float = 0.1
  /// Of zeroing out a random part of a picture.
  public var eraseProbability: Float = 0.5
  public var badFileLimit = 0.01

  public init() {}

  /// The options in which a resumed run differs from what it was started with, as `name: before → now`.
  ///
  /// How long a run is, how it is saved and how it is watched isn't among the options, and may change freely.
  public func differences(from earlier: TrainingOptions) -> [String] {
    let (before, now) = (earlier.fields, fields)
    return now.keys.sorted().compactMap { key in
      guard !["backend", "convolution", "epochs", "badFileLimit"].contains(key), before[key] != now[key] else { return nil }
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

  public init(json: String) throws {
    self = try JSONDecoder().decode(TrainingOptions.self, from: Data(json.utf8))
  }
}
