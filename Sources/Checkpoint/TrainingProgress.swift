import Foundation

/// How far training has come: what a resumed run needs besides the parameters.
public struct TrainingProgress: Codable, Sendable, Hashable {
  /// Updates made.
  public var step: Int
  /// Epochs finished.
  public var epoch: Int
  /// Samples consumed since the beginning, by all ranks together: the place in the data, whatever the batch was on the way.
  public var sample: Int
  public var learningRate: LearningRateState
  /// The losses of the updates of the epoch that isn't finished: their sum, and how many they are. Older files have none.
  public var epochLossSum: Double?
  public var epochLossCount: Int?
  /// The validation top-1 error of these parameters, 0–1; nil where none was measured at this step. Older files have none.
  public var validationError: Double?
  /// The pictures that the run is trained on. Older files don't say.
  public var data: TrainingData?
  /// The epoch that these parameters finish, if its validation error could not be measured: who goes on measures it first.
  public var unmeasuredEpoch: Int?

  public init(
    step: Int = 0, epoch: Int = 0, sample: Int = 0, learningRate: LearningRateState, epochLossSum: Double? = nil,
    epochLossCount: Int? = nil, validationError: Double? = nil, data: TrainingData? = nil,
    unmeasuredEpoch: Int? = nil
  ) {
    self.step = step
    self.epoch = epoch
    self.sample = sample
    self.learningRate = learningRate
    self.epochLossSum = epochLossSum
    self.epochLossCount = epochLossCount
    self.validationError = validationError
    self.data = data
    self.unmeasuredEpoch = unmeasuredEpoch
  }
}

/// Which pictures a run is trained on and measured by: enough to notice that they are others.
public struct TrainingData: Codable, Sendable, Hashable {
  public var trainPictures: Int
  public var validationPictures: Int
  /// The SHA-256 of the list of training pictures, names and labels, and that of the validation pictures.
  public var trainListing: String
  public var validationListing: String

  public init(trainPictures: Int, validationPictures: Int, trainListing: String, validationListing: String) {
    self.trainPictures = trainPictures
    self.validationPictures = validationPictures
    self.trainListing = trainListing
    self.validationListing = validationListing
  }
}

/// What the learning-rate schedule remembers.
public struct LearningRateState: Codable, Sendable, Hashable {
  public var rate: Double
  /// The lowest validation error yet, 0–1; nil before the first.
  public var bestError: Double?
  /// Epochs since the error was last clearly lower than `plateauError`.
  public var epochsSinceBest: Int
  /// How often the rate has been lowered.
  public var reductions: Int
  /// The error that a fall is measured from: the one that was last clearly lower. Nil in older files, where it is `bestError`.
  public var plateauError: Double?

  public init(
    rate: Double, bestError: Double? = nil, epochsSinceBest: Int = 0, reductions: Int = 0, plateauError: Double? = nil
  ) {
    self.rate = rate
    self.bestError = bestError
    self.epochsSinceBest = epochsSinceBest
    self.reductions = reductions
    self.plateauError = plateauError
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
