import ArgumentParser
import Cluster
import Files
import FolderLocks
import Foundation

/// What commands that write into a folder of their own have: one job at a time may.
struct FolderOptions: ParsableArguments {
  @Flag(
    name: .customLong("wait-for-folder"),
    help: "Wait while another job writes into the same folder, instead of ending with an error.")
  var waitForFolder = false

  /// Runs `body` while this job alone may write into `folder`.
  ///
  /// - Parameter work: what it makes there that stays, one word, if requests to stop can end it in between; see `FirstWorkMark`.
  /// - Throws: `FolderLockError` on all ranks if another job has the folder; what `body` throws.
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
