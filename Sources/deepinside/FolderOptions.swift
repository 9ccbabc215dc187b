import ArgumentParser
import Cluster
import DataSets
import Files
import FolderLocks
import Foundation
import Trainer

/// The options of commands that write into a folder of their own, into which only one job at a time may write.
struct FolderOptions: ParsableArguments {
  @Flag(help: "Wait while another job writes into the same folder, instead of ending with an error.")
  var waitForFolder = false

  /// Runs `body` while only this job may write into `folder`.
  ///
  /// - Parameter work: one word for what the job makes there that stays, if requests to stop can end it in between; see
  ///   `FirstWorkMark`.
  /// - Throws: `FolderLockError` on all ranks if another job has the folder; the errors of `body`.
  /// - Note: collective
  func hold<Value>(
    _ folder: String, for command: String, work: String?, _ communicator: Communicator, _ body: () throws -> Value
  ) throws -> Value {
    var lock: FolderLock?
    try communicator.onFirst(.unknown) {
      lock = try FolderLock.acquire(
        folder, owner: FolderOwner(command: command), waits: waitForFolder, isCancelled: { StopRequest.isRequested },
        tell: { try? FileHandle.standardError.write(contentsOf: Data("deepinside: \($0)\n".utf8)) },
        onLoss: { communicator.abort($0) })
    }
    defer { lock?.release() }
    guard let work else { return try body() }
    return try FirstWorkMark.during(work, in: folder, communicator, body)
  }
}

/// Refuses a folder in `train/` or `val/` of the data before anything is made there.
///
/// - Throws: `JobError` on all ranks.
/// - Note: collective
func requirePlace(_ folder: String, of flag: String, outside data: String, _ communicator: Communicator) throws {
  try communicator.onFirst(.reading) {
    guard let split = OwnWork.split(of: data, holding: folder) else { return }
    throw JobError.wrongUse(
      "\(flag) \(folder) lies in the folder of the \(split == .train ? "training" : "validation") pictures of --data \(data), "
        + "and would be taken for a class; choose a folder outside of it")
  }
}

extension FolderLockError: ExitCoded {
  public var exitCode: Int32 {
    switch self {
    case .inUse: Cluster.ExitCode.wrongUse
    case .cancelled: Cluster.ExitCode.stoppedOnRequest
    }
  }
}
