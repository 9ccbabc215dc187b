import Checkpoint
import Cluster
import ConvNet
import Foundation
import Report

/// Saves a run, on rank 0: checkpoints, written on a thread of their own, and `metrics.jsonl`.
///
/// A checkpoint that can't be written (the disk is full) is a warning: the run goes on and tries again every minute, while the
/// checkpoints before it stay whole. The last one of a run must succeed. However the job ends, it waits for the one in flight.
final class RunSaver {
  let log: MetricsLog
  private(set) var best: BestCheckpoint
  /// The step of the newest checkpoint that this run has written; nil before the first.
  private(set) var savedStep: Int?
  private let writer: CheckpointWriter
  private let inFlight: WorkInFlight.Registration
  private let interval: CheckpointInterval
  private let network: Network
  private let data: PreparedData
  private let options: String
  private var report: RunReport
  private let team: ThreadTeam
  private var lastStartedStep: Int
  private var lastStarted = ContinuousClock.now
  /// The validation error of the checkpoint in flight, if it is to be the best.
  private var bestInFlight: BestCheckpoint.Epoch?
  /// Why the newest checkpoint isn't there, and since when.
  private var failure: (error: CheckpointError, isBest: Bool, time: ContinuousClock.Instant)?

  static let secondsBetweenTries = 60.0

  init(_ job: TrainingJob, data: PreparedData, store: ParameterStore, progress: TrainingProgress, folder: CheckpointFolder) throws
  {
    do {
      try FileManager.default.createDirectory(atPath: job.run.checkpoints, withIntermediateDirectories: true)
    } catch {
      throw JobError("cannot make the run folder \(job.run.path): \(error.localizedDescription)")
    }
    log = try MetricsLog(
      path: job.run.metrics, resumingAt: progress.step, eventFolder: job.writesEvents ? job.run.tensorBoard : nil)
    report = RunReport(job.run)
    let writer = try CheckpointWriter(folder, network: store.network, keeping: Set(store.state.keys))
    self.writer = writer
    inFlight = WorkInFlight.register("the last checkpoint") { writer.wait(atMost: $0) }
    interval = job.checkpointEvery
    network = store.network
    self.data = data
    options = try job.options.json()
    team = job.compute.team
    // The checkpoint of an epoch whose error is still to be measured is written anew with it.
    lastStartedStep = progress.unmeasuredEpoch == nil ? progress.step : progress.step - 1
    if let lowest = progress.learningRate.bestError { try folder.restoreBest(lowest) }
    best = BestCheckpoint(of: folder, resumedFrom: progress)
  }

  /// Whether the state after `step` is to be saved: by the interval, because it is the best, or because it is the last.
  ///
  /// - Parameter validationError: of that state, if it was measured.
  func isDue(step: Int, finishedEpoch: Int? = nil, validationError: Double? = nil, force: Bool = false) -> Bool {
    guard step > lastStartedStep else { return false }
    if force || isBest(validationError) { return true }
    switch interval {
    case .epochs(let count): return finishedEpoch.map { $0 % count == 0 } ?? false
    case .steps(let count): return step / count > lastStartedStep / count
    case .seconds(let count): return lastStarted.secondsSince >= count
    }
  }

  /// Whether parameters of that error are better than those of `best.h5`, and of what is about to become it.
  private func isBest(_ error: Double?) -> Bool {
    guard let error, best.isBetter(error) else { return false }
    guard failure == nil, let bestInFlight else { return true }
    return error < bestInFlight.error
  }

  /// Begins to save: returns when the parameters are copied. A best checkpoint that couldn't be written, whose copy makes room for
  /// this one, is tried once more before.
  ///
  /// - Throws: `CheckpointError` when the values of an earlier one are no finite numbers.
  func save(_ store: ParameterStore, progress: TrainingProgress) throws -> [TrainingEvent] {
    settle()
    var events = try takeOutcomes()
    if let failure, failure.isBest { events += try tryAgain() }
    let contents = CheckpointContents(
      network: network, progress: progress, options: options, mean: data.mean, meanShape: network.input,
      colourAxes: data.colourAxes, classes: data.set.classes.map(\.wnid), classNames: data.set.classes.map(\.name),
      geometry: data.geometry)
    let isBest = progress.validationError.map(best.isBetter) ?? false
    failure = nil
    bestInFlight = isBest ? progress.validationError.map { .init(step: progress.step, error: $0) } : nil
    Activity.during(.saving) { writer.start(contents, copying: store, isBest: isBest, team: team) }
    lastStartedStep = progress.step
    lastStarted = .now
    return events
  }

  /// Looks at what has become of checkpoints, and tries failed ones again when it is time to.
  /// - Throws: `CheckpointError` when the values to be saved are no finite numbers.
  func poll() throws -> [TrainingEvent] {
    let events = try takeOutcomes()
    if let failure, failure.time.secondsSince >= Self.secondsBetweenTries {
      self.failure = nil
      writer.retry()
    }
    return events
  }

  /// Waits for the checkpoint in flight, whatever comes of it.
  func settle() { Activity.during(.saving) { writer.wait() } }

  /// Waits until the newest checkpoint and all metrics are written.
  /// - Throws: `CheckpointError` or `JobError` when they can't be.
  func finish() throws -> [TrainingEvent] {
    settle()
    var events = try takeOutcomes()
    if failure != nil { events += try tryAgain() }
    if let failure { throw failure.error }
    try log.finish()
    return events
  }

  /// Writes the checkpoint that failed once more, and waits for it.
  private func tryAgain() throws -> [TrainingEvent] {
    failure = nil
    writer.retry()
    settle()
    return try takeOutcomes()
  }

  private func takeOutcomes() throws -> [TrainingEvent] {
    try writer.takeOutcomes().map { outcome in
      switch outcome.result {
      case .success(let path):
        failure = nil
        savedStep = outcome.step
        if let bestInFlight { best.wrote(bestInFlight) }
        try log.append(CheckpointMetrics(outcome))
        return .checkpoint(path: path, isBest: outcome.isBest && best.lost == nil)
      case .failure(let error):
        if error.kind == .notFinite { throw error }
        failure = (error, outcome.isBest, .now)
        if let bestInFlight { best.failed(bestInFlight) }
        return .warning("\(error). The training goes on, and tries again every minute", step: outcome.step)
      }
    }
  }

  /// Writes `classes.csv` and `report.html`.
  /// - Returns: what went wrong, for a note: a run doesn't end because a page can't be written.
  func writeReport(_ store: ParameterStore, evaluation: EvaluationResult? = nil) -> String? {
    do {
      try Activity.during(.drawing) { try writePages(store, evaluation) }
      return nil
    } catch {
      return "no report was written: \(error)"
    }
  }

  private func writePages(_ store: ParameterStore, _ evaluation: EvaluationResult?) throws {
    if let evaluation {
      try ClassErrors.write(ClassErrors.of(evaluation, classes: data.set.classes), to: report.run.classErrors)
    }
    try report.write(filters: FilterPicture(store))
  }
}
