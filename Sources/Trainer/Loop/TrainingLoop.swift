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
  private var paceWatch: PaceWatch
  private let badFiles: BadFileReport
  private let badFileList: BadFileList?
  /// Nil without validation pictures.
  private let evaluator: Evaluator?

  private let totalSteps: Int
  private let pictures: TrainingData?
  /// Updates made, and the samples that they have consumed.
  private var (step, sample): (Int, Int)
  /// The updates that had been made when what the optimizer keeps was zero; nil for none.
  private let optimizerBegan: Int?
  /// The epoch that the last update finished, as long as its validation error isn't measured.
  private var unmeasuredEpoch: Int?
  /// The last validation error, and the update that it was measured after.
  private var measured: (step: Int, error: Double)?
  private var epochLoss: (sum: Double, steps: Int)
  private var epochStart = ContinuousClock.now

  init(
    _ job: TrainingJob, _ start: TrainingStart, communicator: Communicator,
    watch: @escaping (TrainingEvent) -> Void
  ) throws {
    self.job = job
    self.communicator = communicator
    self.watch = watch
    data = start.data
    store = start.store
    pictures = start.progress.data
    (step, sample) = (start.progress.step, start.progress.sample)
    optimizerBegan = start.progress.optimizerBegan
    unmeasuredEpoch = start.progress.unmeasuredEpoch
    measured = start.progress.validationError.map { (start.progress.step, $0) }
    epochLoss = (start.progress.epochLossSum ?? 0, start.progress.epochLossCount ?? 0)
    totalSteps = start.totalSteps
    schedule = start.schedule
    saver = start.saver
    badFiles = start.badFiles
    badFileList = start.badFileList
    update = try GlobalUpdate(store, shards: start.shards, job: job, communicator: communicator)
    runWatch = RunWatch(store, watched: start.shards?.features ?? store, hosts: start.hosts)
    paceWatch = PaceWatch(workers: job.compute.team.workers, loaderThreads: job.loaderThreads)
    evaluator =
      data.set.val.isEmpty
      ? nil
      : try Evaluator(
        source: try data.validationSource(job), mean: data.mean, store: store, batch: min(update.pass.batch, 128),
        compute: job.compute, communicator: communicator, loaderThreads: job.loaderThreads,
        badFileLimit: job.options.badFileLimit)
  }

  func run() throws -> TrainingOutcome {
    watch(.note("computing with \(update.description)"))
    let begin = ContinuousClock.now
    let lastStep = min(totalSteps, job.maxSteps ?? totalSteps)
    let loader = try data.trainingLoader(
      job, fromSample: sample, parts: update.parts, rank: communicator.rank, ranks: communicator.size, badFiles: badFiles)
    defer { loader.close() }
    var stopRequested = false
    // Why the run can't go on, the same on all ranks. An evaluation that is owed comes before further updates.
    var failure = try unmeasuredEpoch.flatMap(finishEpoch)

    if step < lastStep { badFileList?.begin() }
    while step < lastStep, !stopRequested, failure == nil {
      let start = ContinuousClock.now
      let waited = (loader.waitSeconds, update.waitSeconds)
      let feed = try BatchFeed(loader, crop: data.geometry.crop)
      let own = try update.compute(step: step + 1, next: feed.next, recycle: feed.recycle)
      let waits = (loader.waitSeconds - waited.0, update.waitSeconds - waited.1)
      let busySeconds = own.pictures > 0 ? (start.secondsSince - waits.0 - waits.1) / Double(own.pictures) : 0

      var message = StepMessage(
        loss: own.loss, isFinite: Divergence.isFinite(store, loss: own.loss), stop: StopRequest.hasCome, dataWait: waits.0,
        reductionWait: waits.1, busySeconds: busySeconds,
        badFiles: badFiles.freshCount, isInterrupted: feed.failure != nil,
        savesAfterwards: saver?.isDue(step: step + 1) ?? false, communicator: communicator)
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
        stopRequested = false
        break
      }
      try stopIfDiverged(message)

      let rate = schedule.rate(at: sample, batch: job.options.batch)
      let norm = try update.apply(rate: rate, step: step + 1, number: step + 1 - (optimizerBegan ?? 0))
      (step, sample) = (step + 1, sample + job.options.batch)
      StopRequest.workWasDone()
      paceWatch.fit(loader, computeSeconds: busySeconds)
      try record(message, rate: rate, gradientNorm: norm, seconds: start.secondsSince)
      if let epoch = data.epochFinished(after: sample, batch: job.options.batch) {
        unmeasuredEpoch = epoch
        failure = try finishEpoch(epoch)
      } else if message.savesAfterwards || stopRequested {
        try save()
      }
    }

    if failure != nil { stopRequested = try communicator.agree(on: StopRequest.isRequested, .any) }
    Activity.enter(.saving, step: step)
    try saveIfDue(force: true)
    let isWhole = step >= lastStep && unmeasuredEpoch == nil
    let saved = try finishSaving(isWhole: isWhole)
    if let failure, !stopRequested { throw failure }
    Activity.enter(.unknown)
    return TrainingOutcome(
      steps: step, isFinished: step >= totalSteps && unmeasuredEpoch == nil, wasStopped: stopRequested && !isWhole,
      checkpoint: saved.step == step ? CheckpointFolder(job.run.checkpoints).file(step: step) : nil,
      bestTop1Error: saved.best.saved?.error, lostTop1Error: saved.best.lost?.error, seconds: begin.secondsSince)
  }

  /// What rank 0 has written.
  private struct Saved: Codable {
    var step: Int?
    var best = BestCheckpoint()
  }

  /// Waits until rank 0 has written the last checkpoint, the metrics and the report. - Note: collective
  private func finishSaving(isWhole: Bool) throws -> Saved {
    try communicator.onFirst {
      guard let saver else { return Saved() }
      if isWhole { StopRequest.workWasDone() }
      try saver.finish().forEach(tell)
      if let problem = saver.writeReport(store) { watch(.note(problem)) }
      return Saved(step: saver.savedStep, best: saver.best)
    }
  }

  /// Waits until nothing is on its way to rank 0's disk. - Returns: the newest checkpoint. - Note: collective
  private func settle() throws -> String? {
    let folder = CheckpointFolder(job.run.checkpoints)
    return try communicator.onFirst {
      saver?.settle()
      return try folder.steps().first.map(folder.file)
    }
  }

  /// Ends the run before an update that would spoil the parameters, and after the checkpoint in flight. - Note: collective
  private func stopIfDiverged(_ message: StepMessage) throws {
    if message.isFinite { return }
    throw try Divergence.error(
      step: step + 1, loss: message.loss, plans: update.pass.plans, store, checkpoint: settle(), communicator: communicator)
  }

  private func record(_ message: StepMessage, rate: Double, gradientNorm: Double?, seconds: Double) throws {
    epochLoss = (epochLoss.sum + message.loss, epochLoss.steps + 1)
    guard let saver else { return }
    let slowest = SlowRankWatch.slowest(message.busySeconds)
    let metrics = StepMetrics(
      step: step, epoch: data.epochs(after: sample), loss: message.loss, learningRate: rate, gradientNorm: gradientNorm,
      imagesPerSecond: Double(job.options.batch) / seconds, dataWaitSeconds: message.dataWait,
      reductionWaitSeconds: message.reductionWait, slowestRank: slowest?.rank, slowestRankSecondsPerImage: slowest?.seconds,
      medianSecondsPerImage: slowest?.median)
    try saver.log.append(metrics)
    watch(.step(metrics, totalSteps: min(totalSteps, job.maxSteps ?? totalSteps)))
    for warning in runWatch.add(message) { try tell(.warning(warning, step: step)) }
    if let limit = paceWatch.add(seconds: seconds, dataWait: message.dataWait, reductionWait: message.reductionWait) {
      watch(.note(limit))
    }
    try saver.poll().forEach(tell)
  }

  /// Evaluates, lets the schedule see the error, and saves where it is time to.
  ///
  /// - Returns: why there is no evaluation, so that the run can't go on; the same on all ranks.
  private func finishEpoch(_ epoch: Int) throws -> (any Error)? {
    let evaluation = try evaluator.map { evaluator in
      try update.withWholeNet { try evaluator.evaluate(step: step, shouldStop: { StopRequest.isRequested }) }
    }
    if let evaluation {
      try badFileList?.replace(evaluation.badFiles, split: .val, watch)
      if let warning = evaluation.warning { try tell(.warning(warning, step: step)) }
      if let failure = evaluation.failure { return failure }
    }
    let result = evaluation?.result
    if let result, !result.loss.isFinite {
      throw Divergence.error(epoch: epoch, validationLoss: result.loss, checkpoint: try settle())
    }
    measured = result.map { (step, $0.top1Error) }
    if let result { _ = schedule.epochFinished(validationError: result.top1Error, nextSample: sample, batch: job.options.batch) }
    let metrics = EpochMetrics(
      epoch: epoch, step: step, trainLoss: epochLoss.sum / Double(max(epochLoss.steps, 1)), valTop1Error: result?.top1Error,
      valTop5Error: result?.top5Error, valLoss: result?.loss, learningRate: schedule.rate(at: sample, batch: job.options.batch),
      seconds: epochStart.secondsSince)
    (epochLoss, unmeasuredEpoch) = ((0, 0), nil)
    epochStart = .now
    if let saver {
      try saver.log.append(metrics)
      watch(.epoch(metrics))
    }
    try saveIfDue(finishedEpoch: epoch)
    try communicator.onFirst(.drawing) {
      if let problem = saver?.writeReport(store, evaluation: result) { watch(.note(problem)) }
    }
    return nil
  }

  /// The error of the state as it is, if it was measured.
  private var validationError: Double? { measured?.step == step ? measured?.error : nil }

  /// Begins a checkpoint where rank 0 says that the interval, the best error or `force` asks for one. - Note: collective
  private func saveIfDue(finishedEpoch: Int? = nil, force: Bool = false) throws {
    let isDue = saver?.isDue(step: step, finishedEpoch: finishedEpoch, validationError: validationError, force: force) ?? false
    if try communicator.agree(on: isDue, .any) { try save() }
  }

  /// Begins a checkpoint on rank 0, after the other ranks have sent what they alone hold. They sleep meanwhile: on a slow disk rank 0
  /// waits for the checkpoint before. - Note: collective
  private func save() throws {
    if update.isSpread { try update.gatherOnFirst() }
    let progress = TrainingProgress(
      step: step, epoch: data.wholeEpochs(after: sample), sample: sample, learningRate: schedule.state,
      epochLossSum: epochLoss.sum, epochLossCount: epochLoss.steps, validationError: validationError, data: pictures,
      unmeasuredEpoch: unmeasuredEpoch, optimizerBegan: optimizerBegan)
    try communicator.onFirst { try saver?.save(store, progress: progress).forEach(tell) }
  }

  /// Reports a sentence to whoever watches the run, and writes warnings down.
  private func tell(_ event: TrainingEvent) throws {
    if case .warning(let text, let step) = event { try saver?.log.append(WarningMetrics(step: step, text: text)) }
    watch(event)
  }
}
