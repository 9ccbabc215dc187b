import ArgumentParser
import Cluster
import Files
import FolderLocks
import Foundation

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

extension FolderLockError: ExitCoded {
  public var exitCode: Int32 {
    switch self {
    case .inUse: Cluster.ExitCode.wrongUse
    case .cancelled: Cluster.ExitCode.stoppedOnRequest
    }
  }
}
