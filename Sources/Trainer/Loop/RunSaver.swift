import Checkpoint
import Cluster
import ConvNet
import Foundation

/// What rank 0 keeps of a run: its checkpoints, written on a thread of their own, and `metrics.jsonl`.
///
/// A checkpoint that can't be written (the disk is full) is a warning: the run goes on and tries again every minute, while the
/// checkpoints before it stay whole. The last one of a run must succeed.
final class RunSaver {
  let log: MetricsLog
  private let writer: CheckpointWriter
  private let interval: CheckpointInterval
  private let network: Network
  private let data: PreparedData
  private let options: String
  private var report: RunReport
  private let team: ThreadTeam
  private var lastSavedStep: Int
  private var lastSaved = ContinuousClock.now
  /// Why the newest checkpoint isn't there, and since when.
  private var failure: (error: CheckpointError, time: ContinuousClock.Instant)?

  static let secondsBetweenTries = 60.0

  init(_ job: TrainingJob, data: PreparedData, network: Network, step: Int, folder: CheckpointFolder) throws {
    do {
      try FileManager.default.createDirectory(atPath: job.run.checkpoints, withIntermediateDirectories: true)
    } catch {
      throw TrainingError("cannot make the run folder \(job.run.path): \(error.localizedDescription)")
    }
    log = try MetricsLog(
      path: job.run.metrics, resumingAt: step, eventFolder: job.writesEvents ? job.run.tensorBoard : nil)
    report = RunReport(job.run)
    writer = try CheckpointWriter(folder, network: network)
    interval = job.checkpointEvery
    self.network = network
    self.data = data
    options = try job.options.json()
    team = job.compute.team
    lastSavedStep = step
  }

  /// Whether the state after `step` is to be saved: by the interval, because it is the best, or because it is the last.
  func isDue(step: Int, finishedEpoch: Int?, isBest: Bool, force: Bool) -> Bool {
    guard step > lastSavedStep else { return false }
    if isBest || force { return true }
    switch interval {
    case .epochs(let count): return finishedEpoch.map { $0 % count == 0 } ?? false
    case .steps(let count): return step / count > lastSavedStep / count
    case .seconds(let count): return lastSaved.secondsSince >= count
    }
  }

  /// Begins to save: returns when the parameters are copied.
  func save(_ store: ParameterStore, progress: TrainingProgress, isBest: Bool) {
    let contents = CheckpointContents(
      network: network, progress: progress, options: options, mean: data.mean, meanShape: network.input,
      colourAxes: data.colourAxes, classes: data.set.classes.map(\.wnid), classNames: data.set.classes.map(\.name))
    Activity.during(.saving) { writer.start(contents, copying: store, isBest: isBest, team: team) }
    lastSavedStep = progress.step
    lastSaved = .now
  }

  /// Looks what has become of checkpoints, and tries again where it is time to.
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
  /// - Throws: `CheckpointError` or `TrainingError` when they can't be.
  func finish() throws -> [TrainingEvent] {
    settle()
    var events = try takeOutcomes()
    if failure != nil {
      failure = nil
      writer.retry()
      settle()
      events += try takeOutcomes()
    }
    if let failure { throw failure.error }
    try log.finish()
    return events
  }

  private func takeOutcomes() throws -> [TrainingEvent] {
    try writer.takeOutcomes().map { outcome in
      switch outcome.result {
      case .success(let path):
        failure = nil
        try log.append(CheckpointMetrics(outcome))
        return .checkpoint(path: path, isBest: outcome.isBest)
      case .failure(let error):
        if error.kind == .notFinite { throw error }
        failure = (error, .now)
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
