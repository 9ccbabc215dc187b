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
  private let update: GlobalUpdate
  private var schedule: LearningRateSchedule
  private let saver: RunSaver?
  private var runWatch: RunWatch
  private let badFiles: BadFileReport
  private let badFileList: BadFileList?
  /// Nil without validation pictures.
  private let evaluator: Evaluator?

  private let totalSteps: Int
  private var step: Int
  private var epochLoss: (sum: Double, steps: Int)
  private var epochStart = ContinuousClock.now

  init(_ job: TrainingJob, _ start: TrainingStart, communicator: Communicator, watch: @escaping (TrainingEvent) -> Void) throws {
    self.job = job
    self.communicator = communicator
    self.watch = watch
    data = start.data
    store = start.store
    step = start.progress.step
    epochLoss = (start.progress.epochLossSum ?? 0, start.progress.epochLossCount ?? 0)
    totalSteps = start.totalSteps
    schedule = start.schedule
    saver = start.saver
    badFiles = start.badFiles
    badFileList = start.badFileList
    update = try GlobalUpdate(store, shards: start.shards, job: job, communicator: communicator)
    runWatch = RunWatch(store, watched: start.shards?.features ?? store, hosts: start.hosts)
    evaluator =
      data.set.val.isEmpty
      ? nil
      : try Evaluator(
        source: try data.validationSource(job), mean: data.mean, store: store, batch: min(update.pass.batch, 128),
        compute: job.compute, communicator: communicator, loaderThreads: job.loaderThreads ?? 1,
        badFileLimit: job.options.badFileLimit)
  }

  func run() throws -> TrainingOutcome {
    watch(.note("computing with \(update.description)"))
    let begin = ContinuousClock.now
    let lastStep = min(totalSteps, job.maxSteps ?? totalSteps)
    let loader = try data.trainingLoader(
      job, fromStep: step, parts: update.parts, communicator: communicator, badFiles: badFiles)
    defer { loader.close() }
    var stopRequested = false
    /// Why the run can't go on, the same on all ranks.
    var failure: (any Error)?

    while step < lastStep, !stopRequested, failure == nil {
      let start = ContinuousClock.now
      let waited = (loader.waitSeconds, update.waitSeconds)
      let feed = try BatchFeed(loader, crop: data.crop)
      let own = try update.compute(step: step + 1, next: feed.next, recycle: feed.recycle)
      let waits = (loader.waitSeconds - waited.0, update.waitSeconds - waited.1)

      var message = StepMessage(
        loss: own.loss, isFinite: Divergence.isFinite(store, loss: own.loss), stop: StopRequest.isRequested, dataWait: waits.0,
        reductionWait: waits.1,
        busySeconds: own.pictures > 0 ? (start.secondsSince - waits.0 - waits.1) / Double(own.pictures) : 0,
        badFiles: badFiles.freshCount, isInterrupted: feed.failure != nil, communicator: communicator)
      // Until here no rank has made an update, and a request ends the job at once, whatever it waits for.
      StopRequest.answer(by: .job)
      try message.exchange(communicator)
      stopRequested = message.stopRequested
      if message.hasNewBadFiles {
        let new = try badFiles.share(over: communicator)
        try badFileList?.add(new, split: .train, watch)
      }
      if message.isInterrupted || badFiles.sharedExcess != nil {
        // The gradient isn't that of the batch: no update is made, and what was made before is saved.
        failure = try communicator.firstFailure(badFiles.sharedExcess ?? feed.failure)
        break
      }
      try stopIfDiverged(message)

      let rate = schedule.rate(at: step)
      try update.apply(rate: rate)
      step += 1
      try record(message, rate: rate, seconds: start.secondsSince)
      if let epoch = data.epochFinished(byStep: step, batch: job.options.batch) {
        failure = try finishEpoch(epoch)
      } else {
        try saveIfDue(force: stopRequested)
      }
    }

    Activity.enter(.unknown)
    try saveIfDue(force: true)
    try saver?.finish().forEach(tell)
    if let problem = saver?.writeReport(store) { watch(.note(problem)) }
    if let failure, !stopRequested { throw failure }
    return TrainingOutcome(
      steps: step, isFinished: step >= totalSteps, wasStopped: stopRequested && step < lastStep,
      bestTop1Error: schedule.state.bestError, seconds: begin.secondsSince)
  }

  /// Ends the run before an update that would spoil the parameters, and after the checkpoint in flight. - Note: collective
  private func stopIfDiverged(_ message: StepMessage) throws {
    if message.isFinite { return }
    saver?.settle()
    throw try Divergence.error(
      step: step + 1, loss: message.loss, plans: update.pass.plans, store, checkpoints: job.run.checkpoints,
      communicator: communicator)
  }

  private func record(_ message: StepMessage, rate: Double, seconds: Double) throws {
    epochLoss = (epochLoss.sum + message.loss, epochLoss.steps + 1)
    guard let saver else { return }
    let slowest = SlowRankWatch.slowest(message.busySeconds)
    let metrics = StepMetrics(
      step: step, epoch: data.epochs(atStep: step, batch: job.options.batch), loss: message.loss, learningRate: rate,
      imagesPerSecond: Double(job.options.batch) / seconds, dataWaitSeconds: message.dataWait,
      reductionWaitSeconds: message.reductionWait, slowestRank: slowest?.rank, slowestRankSecondsPerImage: slowest?.seconds,
      medianSecondsPerImage: slowest?.median)
    try saver.log.append(metrics)
    watch(.step(metrics, totalSteps: min(totalSteps, job.maxSteps ?? totalSteps)))
    for warning in runWatch.add(message) { try tell(.warning(warning, step: step)) }
    try saver.poll().forEach(tell)
  }

  /// Evaluates, lets the schedule see the error, and saves where it is time to.
  ///
  /// - Returns: why there is no evaluation, so that the run can't go on; the same on all ranks.
  private func finishEpoch(_ epoch: Int) throws -> (any Error)? {
    if evaluator != nil { try update.gatherValues() }
    let evaluation = try evaluator?.evaluate(step: step)
    if let evaluation {
      try badFileList?.replace(evaluation.badFiles, split: .val, watch)
      if let warning = evaluation.warning { try tell(.warning(warning, step: step)) }
      if let failure = evaluation.failure { return failure }
    }
    let result = evaluation?.result
    if let result, !result.loss.isFinite {
      saver?.settle()
      throw Divergence.error(epoch: epoch, validationLoss: result.loss, checkpoints: job.run.checkpoints)
    }
    let isBest = result.map { schedule.epochFinished(validationError: $0.top1Error, nextStep: step) } ?? false
    let metrics = EpochMetrics(
      epoch: epoch, step: step, trainLoss: epochLoss.sum / Double(max(epochLoss.steps, 1)), valTop1Error: result?.top1Error,
      valTop5Error: result?.top5Error, valLoss: result?.loss, learningRate: schedule.rate(at: step),
      seconds: epochStart.secondsSince)
    epochLoss = (0, 0)
    epochStart = .now
    if let saver {
      try saver.log.append(metrics)
      watch(.epoch(metrics))
    }
    try saveIfDue(finishedEpoch: epoch, isBest: isBest)
    if let problem = saver?.writeReport(store, evaluation: result) { watch(.note(problem)) }
    return nil
  }

  /// Begins a checkpoint where the interval, the best error or `force` asks for one; rank 0 alone does, with what others
  /// alone have. - Note: collective
  private func saveIfDue(finishedEpoch: Int? = nil, isBest: Bool = false, force: Bool = false) throws {
    var isDue = saver?.isDue(step: step, finishedEpoch: finishedEpoch, isBest: isBest, force: force) ?? false
    if update.isSpread {
      isDue = try communicator.agree(on: isDue, .any)
      if isDue { try update.gatherOnFirst() }
    }
    guard let saver, isDue else { return }
    let progress = TrainingProgress(
      step: step, epoch: data.wholeEpochs(atStep: step, batch: job.options.batch), sample: step * job.options.batch,
      learningRate: schedule.state, epochLossSum: epochLoss.sum, epochLossCount: epochLoss.steps)
    saver.save(store, progress: progress, isBest: isBest)
  }

  /// Says it, and writes down warnings.
  private func tell(_ event: TrainingEvent) throws {
    if case .warning(let text, let step) = event { try saver?.log.append(WarningMetrics(step: step, text: text)) }
    watch(event)
  }
}

extension ContinuousClock.Instant {
  /// Seconds from this moment until now.
  var secondsSince: Double { (ContinuousClock.now - self) / .seconds(1) }
}
