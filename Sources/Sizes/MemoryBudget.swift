import Foundation
import Synchronization

/// The memory that a process may have. It is asked before any large part of memory is allocated.
///
/// Linux promises memory that it doesn't have, and kills the process that touches it; a Swift array that can't be made ends the
/// program without a message. So what a user's options or a file's numbers ask for is compared with what there is before it is
/// allocated.
///
/// The share of a process is found once, at first use: what the host and the control group had free then, divided by the number
/// of ranks on the host (all start at the same time). Buffers that are taken are counted against it. Limits of the process alone
/// (`ulimit -v`, `-d`) are read each time.
public final class MemoryBudget: Sendable {
  /// The budget of this process.
  public static let process = MemoryBudget(.ofHost(), ranks: MemoryLimits.ranksOnHost(ProcessInfo.processInfo.environment))

  private let share: (bytes: Int, limit: String)
  private let limitsOfProcess: @Sendable () -> [(bytes: Int, limit: String)]
  private let taken = Atomic<Int>(0)

  /// Amounts below this number of bytes always pass `require`; `take` still counts them.
  static let smallest = 1 << 20

  /// - Parameters:
  ///   - limits: The limits of the host, of which the smallest counts.
  ///   - ranks: The number of processes that share them.
  init(
    _ limits: MemoryLimits, ranks: Int,
    ofProcess: @escaping @Sendable () -> [(bytes: Int, limit: String)] = { MemoryLimits.ofProcess() }
  ) {
    let least = limits.shared.min { $0.bytes < $1.bytes } ?? (Int.max, "of the host's memory")
    share =
      ranks > 1
      ? (least.bytes / ranks, "\(least.limit), as one of \(ranks) ranks on this host") : (least.bytes, least.limit)
    limitsOfProcess = ofProcess
  }

  /// Checks that so many bytes can be had, without taking them.
  ///
  /// - Parameters:
  ///   - bytes: The number of bytes; nil for a size that doesn't fit an `Int`, which no memory can hold.
  ///   - purpose: What the memory is for, in words.
  /// - Throws: `MemoryError` if they can't be had.
  public func require(_ bytes: Int?, _ cause: MemoryError.Cause, for purpose: @autoclosure () -> String) throws(MemoryError) {
    if let bytes, bytes < Self.smallest { return }
    let rest = (bytes: max(0, share.bytes - taken.load(ordering: .relaxed)), limit: share.limit)
    let least = limitsOfProcess().reduce(rest) { $1.bytes < $0.bytes ? $1 : $0 }
    if let bytes, bytes <= least.bytes { return }
    throw MemoryError(cause, purpose: purpose(), wanted: bytes, available: least.bytes, limit: least.limit)
  }

  /// Takes so many bytes; `release(_:)` gives them back.
  public func take(_ bytes: Int?, _ cause: MemoryError.Cause, for purpose: @autoclosure () -> String) throws(MemoryError) {
    try require(bytes, cause, for: purpose())
    taken.add(bytes ?? 0, ordering: .relaxed)
  }

  public func release(_ bytes: Int) { taken.subtract(bytes, ordering: .relaxed) }
}
