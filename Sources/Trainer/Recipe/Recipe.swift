import ConvNet
import Data
import Learning

/// What decides which parameters a run ends with. The defaults are those of `train`.
public struct Recipe: Sendable, Codable, Hashable {
  /// A preset's name, or the path of a JSON description.
  public var network = Preset.cnnF.rawValue
  /// Pictures per update, of all ranks together.
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
  /// β₁, β₂ and ε of AdamW; see `AdamW`.
  public var adamBeta1 = 0.9
  public var adamBeta2 = 0.999
  public var adamEpsilon = 1e-8
  /// The largest norm of an update's gradient, over all parameters; longer ones are scaled. 0 for any.
  public var clipNorm = 0.0
  /// The share of a picture's target that all classes have alike.
  public var labelSmoothing = 0.0
  /// The decay of the averages of the weights that are kept instead of the last weights; 0 for none. See `Averaging`.
  public var averageDecay = 0.0
  public var momentum: Float = 0.9
  public var weightDecay: Float = 5e-4
  /// The rate and the decay of biases are the weights' times these.
  public var biasRateFactor: Float = 2
  public var biasDecayFactor: Float = 0
  public var initialization = Initialization.gaussian
  public var precision = Precision.float32
  public var reduction = ReductionMode.fast
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
  /// The probability of zeroing out a random part of a picture.
  public var eraseProbability: Float = 0.5
  /// The smallest share of a picture's area that a crop shows; 1 for crops at the picture's own size. See `Augmentation`.
  public var smallestCropArea: Float = 1

  public init() {}

  /// In what a resumed run differs from what it was started with, as `name: before → now`; empty for equal recipes.
  public func differences(from earlier: Recipe) -> [String] {
    if self == earlier { return [] }
    let (before, now) = (earlier.fields, fields)
    return now.keys.sorted().filter { before[$0] != now[$0] }.map {
      "\($0): \(before[$0] ?? "absent") → \(now[$0] ?? "absent")"
    }
  }

  /// For people: the names and values of all fields.
  private var fields: [String: String] {
    Dictionary(
      uniqueKeysWithValues: Mirror(reflecting: self).children.compactMap { child in child.label.map { ($0, "\(child.value)") } })
  }

  /// The first number that is outside of what a run may have, as `name value`; nil if there is none.
  var problem: String? {
    outOfBounds([
      ("batch", Double(batch), 1...1e6), ("learningRate", learningRate, 0...1e30), ("warmupEpochs", warmupEpochs, 0...1e6),
      ("larsCoefficient", Double(larsCoefficient), 0...1e30), ("adamBeta1", adamBeta1, 0...(1 - 1e-9)),
      ("adamBeta2", adamBeta2, 0...(1 - 1e-9)), ("adamEpsilon", adamEpsilon, 0...1e30), ("clipNorm", clipNorm, 0...1e30),
      ("labelSmoothing", labelSmoothing, 0...1), ("averageDecay", averageDecay, 0...1),
      ("momentum", Double(momentum), 0...1),
      ("weightDecay", Double(weightDecay), 0...1e30), ("biasRateFactor", Double(biasRateFactor), 0...1e30),
      ("biasDecayFactor", Double(biasDecayFactor), 0...1e30), ("exactMicroBatch", Double(exactMicroBatch ?? 1), 1...1e6),
      ("crop", Double(crop), 1...Double(Network.largestInputSide)),
      ("shorterSide", Double(shorterSide), 1...Double(InputGeometry.largestSide)),
      ("colourDeviation", Double(colourDeviation), 0...1e30), ("eraseProbability", Double(eraseProbability), 0...1),
      ("smallestCropArea", Double(smallestCropArea), 0.01...1),
    ])
  }

  /// What a training by it keeps of each parameter.
  var keeps: Set<TrainingState> { updateRule.keeps.union(averageDecay > 0 ? [.averages] : []) }

  /// The update rule that it describes.
  var updateRule: any Optimizer {
    switch optimizer {
    case .sgd, .lars:
      SGD(
        momentum: momentum, weightDecay: weightDecay, biasRateFactor: biasRateFactor, biasDecayFactor: biasDecayFactor,
        larsCoefficient: optimizer == .lars ? larsCoefficient : nil, pixelDeviation: initialization.pixelDeviation)
    case .adamw:
      AdamW(
        beta1: adamBeta1, beta2: adamBeta2, epsilon: adamEpsilon, weightDecay: Double(weightDecay),
        biasRateFactor: Double(biasRateFactor), biasDecayFactor: Double(biasDecayFactor),
        pixelDeviation: initialization.pixelDeviation)
    }
  }
}

/// The first number outside of its range, as `name value`.
func outOfBounds(_ bounds: [(name: String, value: Double, range: ClosedRange<Double>)]) -> String? {
  bounds.first { !$0.range.contains($0.value) }.map { "\($0.name) \($0.value)" }
}

/// How gradients become updates.
public enum OptimizerKind: String, Sendable, Codable, CaseIterable {
  /// Momentum and weight decay.
  case sgd
  /// The same with a rate per layer, for large batches: You et al. 2017.
  case lars
  /// A rate per weight by its gradients so far, and a decay of its own: Loshchilov and Hutter 2019.
  case adamw
}
