import Files
import Foundation

/// The reason why a folder could not be locked.
public enum FolderLockError: Error, Sendable, CustomStringConvertible {
  /// Another job holds the lock.
  case inUse(folder: String, by: FolderOwner?)
  /// Waiting for the end of another job was cancelled.
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

  /// Returns when this process holds the lock's file.
  ///
  /// If it can't be told at once whether the present owner is alive, its file is watched: if the file is touched, the owner is
  /// alive; if it isn't within `timing.stale` seconds, it is not.
  func succeed(isCancelled: () -> Bool, tell: (String) -> Void) throws {
    var seen: LockFile?
    var hasTold = false
    // How long the file has been as it is, by this process's own clock: its time may be wrong.
    var unchanged: (file: LockFile, since: ContinuousClock.Instant)?
    while true {
      guard let found = LockFile.read(path) else {
        if try LockFile.create(path, owner: owner) { return }
        continue
      }
      // If the owner has changed, the watch begins again.
      if seen?.owner != found.owner { seen = found }
      if unchanged?.file.owner != found.owner || unchanged?.file.touched != found.touched { unchanged = (found, .now) }
      let watched = unchanged.map { $0.since.duration(to: .now) / .seconds(1) } ?? 0
      let neglect = watched > 2 * timing.stale ? "its lock hasn't been renewed for \(Int(watched)) s" : nil
      if let reason = try reasonStale(found) ?? neglect {
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

  /// Puts this process's file in place of a stale one. Of several processes that try, only one succeeds: the one that creates the
  /// file whose name has the stale owner's id.
  private func takeOver(_ found: LockFile) throws -> Bool {
    let right = "\(path)-after-\(found.owner?.id ?? String(found.touched.bitPattern, radix: 16))"
    guard try LockFile.create(right, owner: owner) else {
      // The process that created that file replaces the lock within a moment, or has died in between.
      if let other = LockFile.read(right), try reasonStale(other) != nil { unlink(right) }
      Thread.sleep(forTimeInterval: 0.05)
      return false
    }
    defer { unlink(right) }
    // The lock may have been replaced, or touched, since it was read.
    guard let present = LockFile.read(path), present.owner == found.owner, present.touched == found.touched else { return false }
    try LockFile.replace(path, owner: owner)
    return true
  }
}
