import Files
import Foundation
import Synchronization
import Threads

/// The right to write into a folder, which only one job at a time holds.
///
/// A file in the folder names the owner, and is touched every few seconds. This works on network file systems too: it uses only
/// link(2), rename(2) and the times of files, and all times are the file server's. A lock is stale if it has not been touched for
/// a minute, or at once if its process on this host has ended, or if it belongs to the same batch job before the batch system put
/// that back into the queue. A stale lock is taken over. A job that has lost its lock in that way, because it was suspended for
/// longer, or whose folder was renamed, removed or replaced, is told so through `onLoss` and must not write any more.
///
/// The lock ends with `release()`, or when its last owner goes.
public final class FolderLock: Sendable {
  /// The seconds between two touches of a lock, and the seconds without a touch after which it is stale.
  public struct Timing: Sendable {
    public var renewal: Double
    public var stale: Double

    public init(renewal: Double = 5, stale: Double = 60) {
      self.renewal = renewal
      self.stale = stale
    }
  }

  /// The lock's file, in the folder that is locked.
  public static let name = ".deepinside-lock"

  public let folder: String
  let owner: FolderOwner
  private let timing: Timing
  private let onLoss: @Sendable (String) -> Void
  private let isReleased = Mutex(false)
  private let wake = DispatchSemaphore(value: 0)
  private let ended = DispatchSemaphore(value: 0)

  /// Makes the folder if there is none, and locks it.
  ///
  /// - Parameters:
  ///   - command: What the folder is needed for, such as `train`.
  ///   - waits: true to wait until another job has ended, instead of throwing.
  ///   - isCancelled: Called about every second while waiting.
  ///   - tell: Gets a sentence when a stale lock is taken over, and when waiting begins.
  ///   - onLoss: Called on another thread if another job has taken over the lock, or the path no longer leads to the folder.
  /// - Throws: `FolderLockError` if another job holds the lock or waiting was cancelled, `FileError` if the folder can't be
  ///   written.
  public static func acquire(
    _ folder: String, owner: FolderOwner, waits: Bool = false, timing: Timing = Timing(),
    isCancelled: () -> Bool = { false }, tell: (String) -> Void = { _ in },
    onLoss: @escaping @Sendable (String) -> Void = { _ in }
  ) throws -> FolderLock {
    try FilePath.makeFolder(folder)
    try FolderClaim(folder: folder, owner: owner, timing: timing, waits: waits).succeed(isCancelled: isCancelled, tell: tell)
    return FolderLock(folder: folder, owner: owner, timing: timing, onLoss: onLoss)
  }

  private init(folder: String, owner: FolderOwner, timing: Timing, onLoss: @escaping @Sendable (String) -> Void) {
    (self.folder, self.owner, self.timing, self.onLoss) = (folder, owner, timing, onLoss)
    // The thread holds only what it needs and not the lock itself, so that dropping the lock ends the thread.
    let renewal = Renewal(
      path: Self.path(in: folder), folder: FolderIdentity(of: folder), owner: owner, timing: timing, wake: wake, ended: ended,
      onLoss: onLoss)
    startThread("folder-lock") { renewal.run() }
  }

  deinit { release() }

  /// Gives up the lock; further calls do nothing.
  public func release() {
    guard
      isReleased.withLock({ released in
        defer { released = true }; return !released
      })
    else { return }
    wake.signal()
    ended.wait()
    let path = Self.path(in: folder)
    if LockFile.read(path)?.owner?.id == owner.id { unlink(path) }
  }

  static func path(in folder: String) -> String { FilePath.join(folder, name) }
}

/// The work of a lock's thread: touches the lock's file until it is told to end.
private struct Renewal: Sendable {
  let path: String
  /// The folder that was locked; nil if it couldn't be examined.
  let folder: FolderIdentity?
  let owner: FolderOwner
  let timing: FolderLock.Timing
  let wake: DispatchSemaphore
  let ended: DispatchSemaphore
  let onLoss: @Sendable (String) -> Void

  func run() {
    while !isToldToEnd(within: timing.renewal) {
      let place = FilePath.folder(of: path)
      if let what = folder?.loss(of: place) {
        onLoss("\(what) while this job wrote into it; put it back under its name and start the job again: it goes on there")
        break
      }
      guard let other = renew() else { continue }
      onLoss(
        "another job has taken over \(place) because this one did not renew its lock for \(Int(timing.stale)) s: \(other)")
      break
    }
    ended.signal()
  }

  /// Waits until it is told to end, but at most so many seconds, and returns whether it was.
  ///
  /// In short pieces: a semaphore's own wait goes by the time of day on Linux, and would last an hour longer when the clock is set back
  /// by one. Meanwhile the lock would become stale.
  private func isToldToEnd(within seconds: Double) -> Bool {
    let end = ContinuousClock.now + .seconds(seconds)
    while wake.wait(timeout: .now()) == .timedOut {
      if ContinuousClock.now >= end { return false }
      usleep(20_000)
    }
    return true
  }

  /// Touches the lock's file; returns the other owner if it belongs to another one now. A file server that doesn't answer is no
  /// loss: the next turn tries again.
  private func renew() -> FolderOwner? {
    if let found = LockFile.read(path) {
      guard let holder = found.owner, holder.id != owner.id else {
        // With nil for both times, the server sets its own time. Source: utimensat(2)
        utimensat(AT_FDCWD, path, nil, 0)
        return nil
      }
      return holder
    }
    // The file was removed by someone; it is made again.
    _ = try? LockFile.create(path, owner: owner)
    return nil
  }
}
