import Cluster
import Files
import Foundation

/// A file in the run folder from the start of a run's process until its first update: who finds it knows that the start before made
/// none.
///
/// A job that puts itself back to the queue whenever it was stopped on request could turn in a circle for ever if each start
/// were stopped before its first update. So a request is heeded before the first update once; the next start makes one update first.
struct FirstUpdateMark: Sendable {
  private let path: String
  /// Whether the start before this one, and all since the last update, made none.
  let mustUpdate: Bool

  /// Looks for the mark of an earlier start, and sets its own.
  ///
  /// - Note: collective; the file is rank 0's.
  init(_ run: RunFolder, _ communicator: Communicator) throws {
    let path = run.firstUpdateMark
    self.path = path
    mustUpdate = try communicator.onFirst {
      if FileManager.default.fileExists(atPath: path) { return true }
      // It protects from a rare nuisance: that it can't be written is no reason not to train.
      try? FileManager.default.createDirectory(atPath: run.path, withIntermediateDirectories: true)
      try? AtomicFile.write(
        "A training was started and has made no update yet. The next start makes one before it heeds a request to stop.\n", to: path)
      return false
    }
  }

  /// An update was made, or there was none to make; on rank 0.
  func remove() { unlink(path) }
}
