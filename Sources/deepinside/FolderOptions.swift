import ArgumentParser
import Checkpoint
import Cluster
import DataSets
import Files
import FolderLocks
import Foundation
import Results
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
    try requireOwnFolder(folder, for: command, communicator)
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

/// Refuses the folder of another kind of work, whose files have the same names: a run's `classes.csv` are the errors of its last epoch.
///
/// - Throws: `JobError` on all ranks.
/// - Note: collective
func requireOwnFolder(_ folder: String, for command: String, _ communicator: Communicator) throws {
  let (file, kind) = command == "train" ? (ResultStore.parametersFile, "results") : ("run.json", "a run of train")
  try communicator.onFirst(.reading) {
    guard isFile(FileName(FilePath.join(folder, file))) else { return }
    throw JobError.wrongUse(
      "\(folder) holds \(kind) (\(file)), and \(command) writes files of the same names; choose another folder")
  }
}

/// Refuses to write a file over a checkpoint.
///
/// - Throws: `JobError`.
func requireNoCheckpoint(at path: String, of flag: String) throws {
  guard isFile(FileName(path)), let found = try? Checkpoint.readHeader(path) else { return }
  throw JobError.wrongUse(
    "\(flag) \(path) is a checkpoint (of step \(found.contents.progress.step)), which would be lost; choose another file")
}

private func isFile(_ path: FileName) -> Bool { FilePath.isFile(path.absolute) }

extension FolderLockError: ExitCoded {
  public var exitCode: Int32 {
    switch self {
    case .inUse: Cluster.ExitCode.wrongUse
    case .cancelled: Cluster.ExitCode.stoppedOnRequest
    }
  }
}
