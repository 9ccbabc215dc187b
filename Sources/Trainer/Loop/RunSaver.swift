import Checkpoint
import ConvNet
import Foundation

/// What rank 0 keeps of a run: its checkpoints and `metrics.jsonl`.
final class RunSaver {
  let log: MetricsLog
  private let folder: CheckpointFolder
  private let interval: CheckpointInterval
  private let network: Network
  private let data: PreparedData
  private let options: String
  private var report: RunReport
  private var lastSavedStep: Int
  private var lastSaved = ContinuousClock.now

  init(_ job: TrainingJob, data: PreparedData, network: Network, step: Int, folder: CheckpointFolder) throws {
    do {
      try FileManager.default.createDirectory(atPath: job.run.checkpoints, withIntermediateDirectories: true)
    } catch {
      throw TrainingError("cannot make the run folder \(job.run.path): \(error.localizedDescription)")
    }
    log = try MetricsLog(
      path: job.run.metrics, resumingAt: step, eventFolder: job.writesEvents ? job.run.tensorBoard : nil)
    report = RunReport(job.run)
    self.folder = folder
    interval = job.checkpointEvery
    self.network = network
    self.data = data
    options = try job.options.json()
    lastSavedStep = step
  }

  /// Whether the state after `step` is to be saved: by the interval, because it is the best, or because it is the last.
  func isDue(step: Int, finishedEpoch: Int?, isBest: Bool, force: Bool) -> Bool {
    guard step > lastSavedStep else { return false }
    if isBest || force { return true }
    switch interval {
    case .epochs(let count): return finishedEpoch.map { $0 % count == 0 } ?? false
    case .steps(let count): return step / count > lastSavedStep / count
    case .minutes(let count): return lastSaved.secondsSince >= 60 * count
    }
  }

  /// - Returns: the checkpoint's path.
  func save(_ store: ParameterStore, progress: TrainingProgress, isBest: Bool) throws -> String {
    let contents = CheckpointContents(
      network: network, progress: progress, options: options, mean: data.mean, meanShape: network.input,
      colourAxes: data.colourAxes, classes: data.set.classes.map(\.wnid), classNames: data.set.classes.map(\.name))
    let written = try folder.write(contents, store: store, isBest: isBest)
    lastSavedStep = progress.step
    lastSaved = .now
    return written.path
  }

  /// Writes `classes.csv` and `report.html`.
  /// - Returns: what went wrong, for a note: a run doesn't end because a page can't be written.
  func writeReport(_ store: ParameterStore, evaluation: EvaluationResult? = nil) -> String? {
    do {
      if let evaluation {
        try ClassErrors.write(ClassErrors.of(evaluation, classes: data.set.classes), to: report.run.classErrors)
      }
      try report.write(filters: FilterPicture(store))
      return nil
    } catch {
      return "no report was written: \(error)"
    }
  }
}
