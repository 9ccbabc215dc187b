import Files
import Foundation

/// The progress of a training: everything besides the parameters that a resumed run needs.
public struct TrainingProgress: Codable, Sendable, Hashable {
  /// The number of updates made.
  public var step: Int
  /// The number of finished epochs.
  public var epoch: Int
  /// The number of samples that all ranks together have used since the beginning: the place in the data, whatever the batch sizes
  /// were.
  public var sample: Int
  public var learningRate: LearningRateState
  /// The sum of the losses of the unfinished epoch's updates, and below their number. Nil in older files.
  public var epochLossSum: Double?
  public var epochLossCount: Int?
  /// The validation top-1 error of these parameters, 0–1; nil if none was measured at this step, and in older files.
  public var validationError: Double?
  /// The pictures that the run is trained on; nil in older files.
  public var data: TrainingData?
  /// The epoch that these parameters finish, if its validation error could not be measured: a resumed run measures it first.
  /// Otherwise nil.
  public var unmeasuredEpoch: Int?
  /// The updates that had been made when what the optimizer keeps was last zero; nil for none, and in older files.
  public var optimizerBegan: Int?

  public init(
    step: Int = 0, epoch: Int = 0, sample: Int = 0, learningRate: LearningRateState, epochLossSum: Double? = nil,
    epochLossCount: Int? = nil, validationError: Double? = nil, data: TrainingData? = nil,
    unmeasuredEpoch: Int? = nil, optimizerBegan: Int? = nil
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
    self.optimizerBegan = optimizerBegan
  }
}

/// The pictures that a run is trained on and measured with: enough to notice that they have changed.
public struct TrainingData: Codable, Sendable, Hashable {
  public var trainPictures: Int
  public var validationPictures: Int
  /// The SHA-256 of the list of training pictures, labels and names; below, that of the validation pictures.
  public var trainListing: String
  public var validationListing: String

  public init(trainPictures: Int, validationPictures: Int, trainListing: String, validationListing: String) {
    self.trainPictures = trainPictures
    self.validationPictures = validationPictures
    self.trainListing = trainListing
    self.validationListing = validationListing
  }
}

/// The state of the learning-rate schedule.
public struct LearningRateState: Codable, Sendable, Hashable {
  public var rate: Double
  /// The lowest validation error so far, 0–1; nil before the first.
  public var bestError: Double?
  /// The number of epochs since the error was last clearly lower than `plateauError`.
  public var epochsSinceBest: Int
  /// The number of times that the rate has been lowered.
  public var reductions: Int
  /// The error from which a fall is measured: the one that was last clearly lower. Nil in older files, where `bestError` takes
  /// its place.
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
  /// The largest count: whole numbers up to this one are exact in every program that reads JSON.
  static let largestCount = 1 << 53

  /// The reason why these numbers, from a file, can't be those of a training, as a sentence; nil if they can.
  var problem: String? {
    let counts = [
      ("step", step), ("epoch", epoch), ("sample", sample), ("epochLossCount", epochLossCount ?? 0),
      ("epochsSinceBest", learningRate.epochsSinceBest), ("reductions", learningRate.reductions),
      ("optimizerBegan", optimizerBegan ?? 0),
    ]
    for (name, count) in counts where !(0...Self.largestCount).contains(count) {
      return "its progress says \(name) \(count), expected 0 … \(Self.largestCount)"
    }
    guard learningRate.rate >= 0, learningRate.rate.isFinite else {
      return "its progress says a learning rate of \(learningRate.rate), expected a finite number from 0"
    }
    return nil
  }

  /// The progress as JSON with sorted keys; numbers that a diverged run made non-finite are the strings `inf`, `-inf` and `nan`.
  func json() throws -> String { try JSONText.of(self, hasNonFinite: true) }

  init(json: String) throws { self = try JSONText.decoder.decode(TrainingProgress.self, from: Data(json.utf8)) }
}
