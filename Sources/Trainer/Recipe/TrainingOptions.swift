import Cluster
import ConvNet
import Data
import Foundation

/// Everything a run is made of; it travels in `run.json` and in every checkpoint.
public struct TrainingOptions: Sendable, Codable, Hashable {
  /// A preset's name, or the path of a JSON description.
  public var network = Preset.cnnF.rawValue
  public var epochs = 90
  /// Pictures an update, over all ranks together.
  public var batch = 256
  public var learningRate = 0.01
  /// Whether the rate is that of a batch of 256, and grows with the batch.
  public var scaleLearningRate = false
  public var schedule = ScheduleKind.plateau
  /// The rate rises linearly through the first epochs, as many as this.
  public var warmupEpochs = 0.0
  public var optimizer = OptimizerKind.sgd
  /// κ of LARS; see `SGD`.
  public var larsCoefficient: Float = 0.001
  public var momentum: Float = 0.9
  public var weightDecay: Float = 5e-4
  /// The rate and the decay of biases are the weights' times these.
  public var biasRateFactor: Float = 2
  public var biasDecayFactor: Float = 0
  public var initialization = Initialization.gaussian
  public var backend = BackendChoice.auto
  public var precision = Precision.float32
  public var convolution = ConvolutionAlgorithm.auto
  public var reduction = ReductionMode.fast
  public var gradientWire = GradientWire.float32
  public var fullyConnected = FullyConnectedMode.auto
  /// Pictures of a micro-batch under `exact`, which the bits depend on; nil under `fast`.
  public var exactMicroBatch: Int?
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
      guard !["backend", "convolution", "epochs", "badFileLimit", "gradientWire", "fullyConnected"].contains(key),
        before[key] != now[key]
      else {
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

  /// What the text doesn't name is as by default: the options of runs that are older than an option are read as well.
  public init(json: String) throws {
    let defaults = try JSONSerialization.jsonObject(with: Data(try TrainingOptions().json().utf8)) as? [String: Any] ?? [:]
    let named = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any] ?? [:]
    let data = try JSONSerialization.data(withJSONObject: defaults.merging(named) { $1 })
    self = try JSONDecoder().decode(TrainingOptions.self, from: data)
  }

  /// The first option that no run has, as `name value`, nil when there is none: options come out of files, too.
  var problem: String? {
    let bounds: [(name: String, value: Double, range: ClosedRange<Double>)] = [
      ("epochs", Double(epochs), 1...1e6), ("batch", Double(batch), 1...1e6), ("learningRate", learningRate, 0...1e30),
      ("warmupEpochs", warmupEpochs, 0...1e6), ("larsCoefficient", Double(larsCoefficient), 0...1e30),
      ("momentum", Double(momentum), 0...1), ("weightDecay", Double(weightDecay), 0...1e30),
      ("biasRateFactor", Double(biasRateFactor), 0...1e30), ("biasDecayFactor", Double(biasDecayFactor), 0...1e30),
      ("exactMicroBatch", Double(exactMicroBatch ?? 1), 1...1e6), ("crop", Double(crop), 1...Double(Network.largestInputSide)),
      ("shorterSide", Double(shorterSide), 1...Double(InputGeometry.largestSide)),
      ("colourDeviation", Double(colourDeviation), 0...1e30), ("eraseProbability", Double(eraseProbability), 0...1),
      ("badFileLimit", badFileLimit, 0...1),
    ]
    return bounds.first { !$0.range.contains($0.value) }.map { "\($0.name) \($0.value)" }
  }

  /// The update rule that the options describe.
  var sgd: SGD {
    SGD(
      momentum: momentum, weightDecay: weightDecay, biasRateFactor: biasRateFactor, biasDecayFactor: biasDecayFactor,
      larsCoefficient: optimizer == .lars ? larsCoefficient : nil, pixelDeviation: initialization.pixelDeviation)
  }
}

/// How gradients become updates.
public enum OptimizerKind: String, Sendable, Codable, CaseIterable {
  /// Momentum and weight decay.
  case sgd
  /// The same with a rate a layer, for large batches: You et al. 2017.
  case lars
}
