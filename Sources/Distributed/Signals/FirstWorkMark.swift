import Files
import Foundation

/// A file in the folder that a job fills. It is there from the job's start until the first thing that stays is made: an update, a result,
/// a shard. A job that finds it knows that the start before made none.
///
/// A job that goes back into the queue whenever it was stopped on request would never end if each start were stopped before it has made
/// anything. So only one start obeys such an early request; the next one holds it until something is made (`StopRequest.isHeld`), and says
/// so.
public struct FirstWorkMark: Sendable {
  /// Nil if there is no folder for it.
  private let path: String?

  /// Runs `body`, while requests to stop are held if an earlier start left the mark.
  ///
  /// - Parameters:
  ///   - folder: the one that the job fills, which exists; without one a job that Slurm has put back to its queue counts as one whose
  ///     start before made nothing.
  ///   - work: what the job makes, one word: `update`, `result`, `shard`. `body` calls `StopRequest.workWasDone()` when there is one.
  /// - Note: collective; the file is rank 0's.
  public static func during<Value>(
    _ work: String, in folder: String?, _ communicator: Communicator, _ body: () throws -> Value
  ) throws -> Value {
    let mark = try FirstWorkMark(work, in: folder, communicator)
    do {
      return try body()
    } catch {
      // A job that ends by an error doesn't go back into the queue by itself.
      if communicator.rank == 0, ExitCode.of(error) != ExitCode.stoppedOnRequest { mark.remove() }
      throw error
    }
  }

  private init(_ work: String, in folder: String?, _ communicator: Communicator) throws {
    let path = folder.map { FilePath.join($0, Self.name(work)) }
    self.path = path
    let isAgain = try communicator.onFirst {
      guard let path else { return Int(ProcessInfo.processInfo.environment["SLURM_RESTART_COUNT"] ?? "") ?? 0 > 0 }
      if FileManager.default.fileExists(atPath: path) { return true }
      // The mark protects from a rare nuisance: if it can't be written the job works all the same.
      try? AtomicFile.write(
        "A job was started here and has made no \(work) yet. The next start makes one before it heeds a request to stop.\n",
        to: path)
      return false
    }
    let isFirst = communicator.rank == 0
    StopRequest.hold(
      isAgain ? work : nil, onWork: { [self] in if isFirst { remove() } }, say: { if isFirst { communicator.say($0) } })
  }

  /// The file's name, for code that looks at what is in a folder.
  public static func name(_ work: String) -> String { "no-\(work)-yet.txt" }

  private func remove() { if let path { unlink(path) } }
}
