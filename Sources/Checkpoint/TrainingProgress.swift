import Foundation

/// How far training has come: what a resumed run needs besides the parameters.
public struct TrainingProgress: Codable, Sendable, Hashable {
  /// Updates made.
  public var step: Int
  /// Epochs finished.
  public var epoch: Int
  /// Samples consumed since the beginning, by all ranks together.
  public var sample: Int
  public var learningRate: LearningRateState
  /// The losses of the updates of the epoch that isn't finished: their sum, and how many they are. Older files have none.
  public var epochLossSum: Double?
  public var epochLossCount: Int?

  public init(
    step: Int = 0, epoch: Int = 0, sample: Int = 0, learningRate: LearningRateState, epochLossSum: Double? = nil,
    epochLossCount: Int? = nil
  ) {
    self.step = step
    self.epoch = epoch
    self.sample = sample
    self.learningRate = learningRate
    self.epochLossSum = epochLossSum
    self.epochLossCount = epochLossCount
  }
}

/// What the learning-rate schedule remembers.
public struct LearningRateState: Codable, Sendable, Hashable {
  public var rate: Double
  /// The lowest validation error yet, 0–1; nil before the first.
  public var bestError: Double?
  public var epochsSinceBest: Int
  /// How often the rate has been lowered.
  public var reductions: Int

  public init(rate: Double, bestError: Double? = nil, epochsSinceBest: Int = 0, reductions: Int = 0) {
    self.rate = rate
    self.bestError = bestError
    self.epochsSinceBest = epochsSinceBest
    self.reductions = reductions
  }
}

extension TrainingProgress {
  /// No count is larger: whole numbers up to here are exact in every program that reads JSON.
  static let largestCount = 1 << 53

  /// Why these numbers, from a file, can't be those of a training, as a sentence; nil when they can.
  var problem: String? {
    let counts = [
      ("step", step), ("epoch", epoch), ("sample", sample), ("epochLossCount", epochLossCount ?? 0),
      ("epochsSinceBest", learningRate.epochsSinceBest), ("reductions", learningRate.reductions),
    ]
    for (name, count) in counts where !(0...Self.largestCount).contains(count) {
      return "its progress says \(name) \(count), expected 0 … \(Self.largestCount)"
    }
    guard learningRate.rate >= 0, learningRate.rate.isFinite else {
      return "its progress says a learning rate of \(learningRate.rate), expected a finite number from 0"
    }
    return nil
  }

  /// JSON with sorted keys; numbers that a diverged run made non-finite are the strings `inf`, `-inf` and `nan`.
  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }

  init(json: String) throws {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    self = try decoder.decode(TrainingProgress.self, from: Data(json.utf8))
  }
}
