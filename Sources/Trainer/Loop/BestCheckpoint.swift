import Checkpoint
import Files
import Foundation

/// Which checkpoint `best.h5` points to, and which it ought to point to: they differ if the best one couldn't be written.
struct BestCheckpoint: Codable, Sendable, Equatable {
  /// One epoch's parameters and their validation top-1 error.
  struct Epoch: Codable, Sendable, Equatable {
    /// Nil where it isn't known.
    var step: Int?
    var error: Double
  }

  /// What `best.h5` points to; nil if there is no such link.
  private(set) var saved: Epoch?
  /// The epoch of the run's lowest error, if that is lower than the one of `saved`: its parameters couldn't be written.
  private(set) var lost: Epoch?

  init(saved: Epoch? = nil, lowest: Double? = nil) {
    self.saved = saved
    if let lowest, isBetter(lowest) { lost = Epoch(error: lowest) }
  }

  /// As a run finds it in its folder.
  ///
  /// - Parameter progress: where the run goes on. A best checkpoint of a later step was made by a continuation that was given up.
  init(of folder: CheckpointFolder, resumedFrom progress: TrainingProgress) {
    var saved: Epoch?
    // Without errors to compare with, those of before were measured by other pictures, or there were none.
    if let lowest = progress.learningRate.bestError {
      // A new folder has none, and nothing is to be waited for.
      if FileManager.default.fileExists(atPath: folder.best),
        let found = try? Checkpoint.readHeader(folder.best).contents.progress,
        found.step <= progress.step,
        let error = found.validationError ?? found.learningRate.bestError
      {
        saved = Epoch(step: found.step, error: error)
      }
      self.init(saved: saved, lowest: lowest)
    } else {
      self.init()
    }
  }

  /// Whether parameters of that error belong under `best.h5`: they are better than what is there.
  func isBetter(_ error: Double) -> Bool { saved.map { error < $0.error } ?? true }

  /// A checkpoint that ought to be `best.h5` couldn't be written.
  mutating func failed(_ epoch: Epoch) {
    if isBetter(epoch.error), lost.map({ epoch.error <= $0.error }) ?? true { lost = epoch }
  }

  /// `best.h5` points to it now.
  mutating func wrote(_ epoch: Epoch) {
    saved = epoch
    if let lost, lost.error >= epoch.error { self.lost = nil }
  }
}
