import Checkpoint
import Cluster
import ConvNet
import Foundation
import Images

/// Trains a network on all ranks of a communicator, from where the run folder's newest checkpoint stands.
///
/// An update is a function of the parameters, the global batch and the seed alone: not of the number of ranks, and not of how
/// often the run was interrupted. All ranks call `run()` together, and hold the same parameters after each update.
final class TrainingLoop {
  private let job: TrainingJob
  private let communicator: Communicator
  private let watch: (TrainingEvent) -> Void

  private let data: PreparedData
  private let store: ParameterStore
  private let gradientStep: GradientStep
  private let optimizer: SGD
  private var schedule: LearningRateSchedule
  private let saver: RunSaver?
  private let badFiles: BadFileReport
  /// Nil without validation pictures.
  private let evaluator: Evaluator?

  private let totalSteps: Int
  private var step: Int
  private var epochLoss: (sum: Double, steps: Int) = (0, 0)
  private var epochStart = ContinuousClock.now

  init(_ job: TrainingJob, _ start: TrainingStart, communicator: Communicator, watch: @escaping (TrainingEvent) -> Void) throws {
    let options = job.options
    self.job = job
    self.communicator = communicator
    self.watch = watch
    data = start.data
    store = start.store
    step = start.progress.step
    totalSteps = start.totalSteps
    schedule = start.schedule
    saver = start.saver
    badFiles = start.badFiles
    optimizer = SGD(momentum: options.momentum, weightDecay: options.weightDecay)
    gradientStep = try GradientStep(store, options: options, compute: job.compute, communicator: communicator)
    let share = options.reduction == .exact ? options.microBatch! : (options.batch + communicator.size - 1) / communicator.size
    evaluator =
      data.set.val.isEmpty
      ? nil
      : Evaluator(
        samples: data.set.val, mean: data.mean, shorterSide: options.shorterSide, store: store, batch: min(share, 128),
        compute: job.compute, communicator: communicator, loaderThreads: job.loaderThreads,
        cacheBytes: job.cacheBytes / 4)
  }

  func run() throws -> TrainingOutcome {
    watch(.note("computing with \(gradientStep.backendDescription)"))
    let begin = ContinuousClock.now
    let lastStep = min(totalSteps, job.maxSteps ?? totalSteps)
    let loader = data.trainingLoader(job, fromStep: step, communicator: communicator, badFiles: badFiles)
    defer { loader.close() }
    var stopRequested = false

    while step < lastStep, !stopRequested {
      let start = ContinuousClock.now
      let waitedBefore = (loader.waitSeconds, gradientStep.waitSeconds)

      Activity.enter(.loading, step: step + 1)
      guard let batch = try loader.next() else { break }
      let loss = try gradientStep.run(batch, step: step + 1)
      let rate = schedule.rate(at: step)
      optimizer.update(store, rate: Float(rate), team: job.compute.team)
      loader.recycle(batch)
      step += 1

      // One small message a step: the loss, and whether anybody was asked to stop.
      Activity.enter(.exchanging, step: step)
      var sums = [loss, StopRequest.isRequested ? 1 : 0]
      try communicator.allReduceSum(&sums)
      stopRequested = sums[1] > 0
      var waits = [loader.waitSeconds - waitedBefore.0, gradientStep.waitSeconds - waitedBefore.1]
      try communicator.allReduceMax(&waits)
      try record(loss: sums[0], rate: rate, waits: waits, seconds: start.secondsSince)

      if let epoch = data.epochFinished(byStep: step, batch: job.options.batch) {
        try finishEpoch(epoch)
      } else {
        try saveIfDue(force: stopRequested)
      }
    }

    Activity.enter(.unknown)
    let finished = step >= totalSteps
    try saveIfDue(force: true)
    return TrainingOutcome(
      steps: step, isFinished: finished, wasStopped: stopRequested && step < lastStep, bestTop1Error: schedule.state.bestError,
      seconds: begin.secondsSince)
  }

  private func record(loss: Double, rate: Double, waits: [Double], seconds: Double) throws {
    epochLoss = (epochLoss.sum + loss, epochLoss.steps + 1)
    guard loss.isFinite else {
      throw TrainingError(
        "step \(step): the loss is \(loss); the checkpoints written before are good. Try a lower --learning-rate, "
          + "or resume from the newest checkpoint in \(job.run.checkpoints)")
    }
    guard communicator.rank == 0 else { return }
    let metrics = StepMetrics(
      step: step, epoch: data.epochs(atStep: step, batch: job.options.batch), loss: loss, learningRate: rate,
      imagesPerSecond: Double(job.options.batch) / seconds, dataWaitSeconds: waits[0], reductionWaitSeconds: waits[1])
    try saver?.log.append(metrics)
    watch(.step(metrics, totalSteps: min(totalSteps, job.maxSteps ?? totalSteps)))
  }

  /// Evaluates, lets the schedule see the error, and saves where it is time to.
  private func finishEpoch(_ epoch: Int) throws {
    let result = try evaluator?.evaluate { _, _ in Activity.enter(.evaluating, step: step) }
    Activity.enter(.exchanging, step: step)
    let isBest = result.map { schedule.epochFinished(validationError: $0.top1Error, nextStep: step) } ?? false
    let metrics = EpochMetrics(
      epoch: epoch, step: step, trainLoss: epochLoss.sum / Double(max(epochLoss.steps, 1)), valTop1Error: result?.top1Error,
      valTop5Error: result?.top5Error, valLoss: result?.loss, learningRate: schedule.rate(at: step),
      seconds: epochStart.secondsSince)
    epochLoss = (0, 0)
    epochStart = .now
    if communicator.rank == 0 {
      try saver?.log.append(metrics)
      watch(.epoch(metrics))
    }
    try saveIfDue(finishedEpoch: epoch, isBest: isBest)
  }

  /// Writes a checkpoint where the interval, the best error or `force` asks for one; rank 0 alone does.
  private func saveIfDue(finishedEpoch: Int? = nil, isBest: Bool = false, force: Bool = false) throws {
    guard let saver, saver.isDue(step: step, finishedEpoch: finishedEpoch, isBest: isBest, force: force) else { return }
    let progress = TrainingProgress(
      step: step, epoch: data.wholeEpochs(atStep: step, batch: job.options.batch), sample: step * job.options.batch,
      learningRate: schedule.state)
    Activity.enter(.saving, step: step)
    let path = try saver.save(store, progress: progress, isBest: isBest)
    watch(.checkpoint(path: path, isBest: isBest))
  }
}

extension ContinuousClock.Instant {
  /// Seconds from this moment until now.
  var secondsSince: Double { (ContinuousClock.now - self) / .seconds(1) }
}
