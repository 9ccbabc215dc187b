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

/// The first steps of a run, in which the rate rises by the same amount in each to the initial one.
///
/// Source: Goyal et al., *Accurate, Large Minibatch SGD*, 2017, section 2.2.
public struct WarmUp: Sendable {
  public let steps: Int
  /// The rate before the first step.
  public let startRate: Double

  public init(steps: Int = 0, startRate: Double = 0) {
    self.steps = steps
    self.startRate = startRate
  }
}

/// The learning rate as a function of the step, and for `plateau` of the validation errors so far.
///
/// Its state travels in every checkpoint, so a resumed run goes on with the same rates.
public struct LearningRateSchedule: Sendable {
  public let kind: ScheduleKind
  public let initialRate: Double
  /// The steps of the whole run, for the kinds that look at the share done.
  public let totalSteps: Int
  /// Epochs without a better validation error before `plateau` divides.
  public let patience: Int
  public let warmup: WarmUp
  /// Reductions beyond which `plateau` divides no further: the paper's rate fell three times before the end.
  public static let mostReductions = 3
  /// Errors must fall by this much to count as better.
  public static let leastImprovement = 0.001

  public private(set) var state: LearningRateState

  public init(
    _ kind: ScheduleKind, initialRate: Double, totalSteps: Int, patience: Int = 5, warmup: WarmUp = WarmUp(),
    state: LearningRateState? = nil
  ) {
    self.kind = kind
    self.initialRate = initialRate
    self.totalSteps = max(totalSteps, 1)
    self.patience = patience
    self.warmup = warmup
    self.state = state ?? LearningRateState(rate: initialRate, bestError: nil, epochsSinceBest: 0, reductions: 0)
  }

  /// The rate of the update number `step` (from 0).
  public func rate(at step: Int) -> Double {
    if step < warmup.steps {
      return warmup.startRate + (initialRate - warmup.startRate) * Double(step + 1) / Double(warmup.steps)
    }
    let share = min(1, Double(step - warmup.steps) / Double(max(totalSteps - warmup.steps, 1)))
    switch kind {
    case .constant: return initialRate
    case .step: return initialRate * pow(10, -(share * 3).rounded(.down).clamped(to: 0...2))
    case .plateau: return initialRate * pow(10, -Double(state.reductions))
    case .poly: return initialRate * (1 - share)
    case .cosine: return initialRate * (1 + cos(.pi * share)) / 2
    }
  }

  /// Takes in the validation error of a finished epoch.
  /// - Returns: whether it is the best so far.
  public mutating func epochFinished(validationError: Double, nextStep: Int) -> Bool {
    let best = state.bestError
    let isBest = best.map { validationError < $0 } ?? true
    let improved = best.map { validationError < $0 - Self.leastImprovement } ?? true
    if isBest { state.bestError = validationError }
    state.epochsSinceBest = improved ? 0 : state.epochsSinceBest + 1
    if kind == .plateau, state.epochsSinceBest >= patience, state.reductions < Self.mostReductions {
      state.reductions += 1
      state.epochsSinceBest = 0
    }
    state.rate = rate(at: nextStep)
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
  init(_ options: TrainingOptions, totalSteps: Int, trainingPictures: Int, state: LearningRateState?) {
    let scale = options.scaleLearningRate ? Double(options.batch) / Double(Self.referenceBatch) : 1
    let steps = Int((options.warmupEpochs * Double(trainingPictures) / Double(options.batch)).rounded(.up))
    self.init(
      options.schedule, initialRate: options.learningRate * scale, totalSteps: totalSteps,
      warmup: WarmUp(steps: steps, startRate: options.scaleLearningRate ? options.learningRate : 0), state: state)
  }
}
