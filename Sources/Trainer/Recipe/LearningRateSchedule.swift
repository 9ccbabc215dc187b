import Checkpoint
import Foundation

/// How the learning rate falls over a run.
public enum ScheduleKind: String, Sendable, Codable, CaseIterable {
  /// The initial rate throughout.
  case constant
  /// Divided by 10 after every third of the run.
  case step
  /// Divided by 10 when the validation top-1 error has not improved for `patience` epochs: the paper's
  /// "when the validation error stops falling".
  case plateau
  /// rate · (1 − t), t the share of the run after the warm-up that is done.
  case poly
  /// rate · (1 + cos πt) / 2.
  case cosine
}

/// The first samples of a run, through which the rate rises by the same amount with each to the initial one.
///
/// Source: Goyal et al., *Accurate, Large Minibatch SGD*, 2017, section 2.2.
public struct WarmUp: Sendable {
  public let samples: Double
  /// The rate before the first update.
  public let startRate: Double

  public init(samples: Double = 0, startRate: Double = 0) {
    self.samples = samples
    self.startRate = startRate
  }
}

/// The learning rate as a function of the samples consumed, and for `plateau` of the validation errors so far.
///
/// Samples, not updates: a run that goes on with another batch keeps its place. The state travels in every checkpoint, so a resumed
/// run goes on with the same rates.
public struct LearningRateSchedule: Sendable {
  public let kind: ScheduleKind
  public let initialRate: Double
  /// The samples of the whole run, for the kinds that look at the share done.
  public let totalSamples: Int
  /// Epochs without a clearly lower validation error before `plateau` divides.
  public let patience: Int
  public let warmup: WarmUp
  /// Reductions beyond which `plateau` divides no further: the paper's rate fell three times before the end.
  public static let mostReductions = 3
  /// By so much an error must lie below the one that was last clearly lower: 0.1 points. Since that one stays until then, many small
  /// steps add up, and a slow steady fall of more than 0.1 points in `patience` epochs is no plateau.
  public static let leastImprovement = 0.001

  public private(set) var state: LearningRateState

  public init(
    _ kind: ScheduleKind, initialRate: Double, totalSamples: Int, patience: Int = 5, warmup: WarmUp = WarmUp(),
    state: LearningRateState? = nil
  ) {
    self.kind = kind
    self.initialRate = initialRate
    self.totalSamples = max(totalSamples, 1)
    self.patience = patience
    self.warmup = warmup
    self.state = state ?? LearningRateState(rate: initialRate)
  }

  /// The rate of the update that takes the samples `sample` (from 0) ..< `sample + batch`.
  public func rate(at sample: Int, batch: Int) -> Double {
    if Double(sample) < warmup.samples {
      return warmup.startRate + (initialRate - warmup.startRate) * min(1, Double(sample + batch) / warmup.samples)
    }
    let share = min(1, (Double(sample) - warmup.samples) / max(Double(totalSamples) - warmup.samples, 1))
    switch kind {
    case .constant: return initialRate
    case .step: return initialRate * pow(10, -(share * 3).rounded(.down).clamped(to: 0...2))
    case .plateau: return initialRate * pow(10, -Double(state.reductions))
    case .poly: return initialRate * (1 - share)
    case .cosine: return initialRate * (1 + cos(.pi * share)) / 2
    }
  }

  /// Whether the rate depends on how long the run is.
  public var followsShareDone: Bool {
    switch kind {
    case .constant, .plateau: false
    case .step, .poly, .cosine: true
    }
  }

  /// Takes in the validation error of a finished epoch.
  ///
  /// - Parameters:
  ///   - sample: the first sample of the next update.
  ///   - batch: the samples of that update.
  /// - Returns: whether the error is the lowest so far.
  public mutating func epochFinished(validationError: Double, nextSample sample: Int, batch: Int) -> Bool {
    let isBest = state.bestError.map { validationError < $0 } ?? true
    let reference = state.plateauError ?? state.bestError
    let isFalling = reference.map { validationError < $0 - Self.leastImprovement } ?? true
    if isBest { state.bestError = validationError }
    state.plateauError = isFalling ? validationError : reference
    state.epochsSinceBest = isFalling ? 0 : state.epochsSinceBest + 1
    if kind == .plateau, state.epochsSinceBest >= patience, state.reductions < Self.mostReductions {
      state.reductions += 1
      state.epochsSinceBest = 0
    }
    state.rate = rate(at: sample, batch: batch)
    return isBest
  }
}

extension Double {
  fileprivate func clamped(to range: ClosedRange<Double>) -> Double {
    Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
  }
}

extension LearningRateSchedule {
  /// The batch that a rate to be scaled is meant for: the paper's.
  public static let referenceBatch = 256

  /// The schedule of a run.
  ///
  /// With `scaleLearningRate` the rate is multiplied by batch / 256, and the warm-up starts from the rate that was given; else it
  /// starts from 0. Source: Goyal et al. 2017, section 2.1.
  init(_ options: TrainingOptions, trainingPictures: Int, state: LearningRateState? = nil) {
    let scale = options.scaleLearningRate ? Double(options.batch) / Double(Self.referenceBatch) : 1
    self.init(
      options.schedule, initialRate: options.learningRate * scale, totalSamples: options.epochs * trainingPictures,
      warmup: WarmUp(
        samples: options.warmupEpochs * Double(trainingPictures), startRate: options.scaleLearningRate ? options.learningRate : 0),
      state: state)
  }
}
