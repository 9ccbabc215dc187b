import Files
import Foundation

/// Why a folder could not be locked.
public enum FolderLockError: Error, Sendable, CustomStringConvertible {
  /// Another job has it.
  case inUse(folder: String, by: FolderOwner?)
  /// The waiting for another job's end was cancelled.
  case cancelled(folder: String)

  public var description: String {
    switch self {
    case .inUse(let folder, let owner):
      "\(folder) is in use by another job (\(owner?.description ?? "its lock \(FolderLock.name) can't be understood")); "
        + "end that one, choose another folder, or give --wait-for-folder"
    case .cancelled(let folder): "stopped on request while another job has \(folder); nothing was done"
    }
  }
}

/// One process's attempts to lock a folder.
struct FolderClaim {
  let folder: String
  let owner: FolderOwner
  let timing: FolderLock.Timing
  let waits: Bool

  private var path: String { FolderLock.path(in: folder) }

  /// Returns when the lock's file is ours.
  ///
  /// Where it can't be told at once whether the present owner lives, it is watched: a touch shows that it does, none within
  /// `timing.stale` seconds that it doesn't.
  func succeed(isCancelled: () -> Bool, tell: (String) -> Void) throws {
    var seen: LockFile?
    var hasTold = false
    while true {
      guard let found = LockFile.read(path) else {
        if try LockFile.create(path, owner: owner) { return }
        continue
      }
      // Another owner than before is judged anew.
      if seen?.owner != found.owner { seen = found }
      if let reason = try reasonStale(found) {
        if try takeOver(found) {
          tell("takes over \(folder) from \(found.owner?.description ?? "an owner that can't be understood"): \(reason)")
          return
        }
        continue
      }
      let isAlive = found.owner?.isRunning(for: owner) ?? false || found.touched > (seen?.touched ?? found.touched)
      if isAlive, !waits { throw FolderLockError.inUse(folder: folder, by: found.owner) }
      if !hasTold {
        tell(
          waits
            ? "waits until another job gives \(folder) free: \(found.owner?.description ?? "its lock can't be understood")"
            : "looks for up to \(Int(timing.stale)) s whether a job lives that has \(folder): "
              + (found.owner?.description ?? "its lock can't be understood"))
        hasTold = true
      }
      if isCancelled() { throw FolderLockError.cancelled(folder: folder) }
      Thread.sleep(forTimeInterval: timing.renewal / 5)
    }
  }

  private func reasonStale(_ found: LockFile) throws -> String? {
    if let reason = found.owner?.reasonGone(for: owner) { return reason }
    let age = try LockFile.serverTime(beside: path) - found.touched
    return age > timing.stale ? "its lock was last renewed \(Int(age)) s ago" : nil
  }

  /// Puts our file in place of a stale one. Of several that try, one succeeds: it alone can make the file whose name has the
  /// stale owner's id.
  private func takeOver(_ found: LockFile) throws -> Bool {
    let right = "\(path)-after-\(found.owner?.id ?? String(found.touched.bitPattern, radix: 16))"
    guard try LockFile.create(right, owner: owner) else {
      // Whoever made it replaces the lock within a moment, or has died in between.
      if let other = LockFile.read(right), try reasonStale(other) != nil { unlink(right) }
      Thread.sleep(forTimeInterval: 0.05)
      return false
    }
    defer { unlink(right) }
    // It may have been replaced, or touched, since it was looked at.
    guard let present = LockFile.read(path), present.owner == found.owner, present.touched == found.touched else { return false }
    try LockFile.replace(path, owner: owner)
    return true
  }
}
