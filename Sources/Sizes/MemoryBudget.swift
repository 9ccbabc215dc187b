import Foundation
import Synchronization

/// The memory that a process may have, and the one function that is asked before any large part of it is taken.
///
/// Linux promises memory that it doesn't have, and kills whoever touches it; a Swift array that can't be made ends the program without a
/// word. So what a user's options or a file's numbers ask for is compared with what there is before it is taken.
///
/// The share of a process is found once, at first use: what the host and the control group had free then, divided by the ranks on the
/// host (all start at the same time). Buffers that are taken are counted against it. Limits of the process alone (`ulimit -v`, `-d`)
/// are looked at each time.
public final class MemoryBudget: Sendable {
  /// Of this process.
  public static let process = MemoryBudget(.ofHost(), ranks: MemoryLimits.ranksOnHost(ProcessInfo.processInfo.environment))

  private let share: (bytes: Int, limit: String)
  private let limitsOfProcess: @Sendable () -> [(bytes: Int, limit: String)]
  private let taken = Atomic<Int>(0)

  /// Smaller pieces are counted, and not compared with anything.
  static let smallest = 1 << 20

  /// - Parameters:
  ///   - limits: of which the smallest counts.
  ///   - ranks: processes that share them.
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

  /// Says whether so many bytes can be had, without taking them.
  ///
  /// - Parameters:
  ///   - bytes: nil for a size that doesn't fit an `Int`, which nothing can hold.
  ///   - purpose: what it is for, in words.
  /// - Throws: `MemoryError`.
  public func require(_ bytes: Int?, _ cause: MemoryError.Cause, for purpose: @autoclosure () -> String) throws(MemoryError) {
    if let bytes, bytes < Self.smallest { return }
    let rest = (bytes: max(0, share.bytes - taken.load(ordering: .relaxed)), limit: share.limit)
    let least = limitsOfProcess().reduce(rest) { $1.bytes < $0.bytes ? $1 : $0 }
    if let bytes, bytes <= least.bytes { return }
    throw MemoryError(cause, purpose: purpose(), wanted: bytes, available: least.bytes, limit: least.limit)
  }

  /// Takes so many bytes, which are given back by `release(_:)`.
  public func take(_ bytes: Int?, _ cause: MemoryError.Cause, for purpose: @autoclosure () -> String) throws(MemoryError) {
    try require(bytes, cause, for: purpose())
    taken.add(bytes ?? 0, ordering: .relaxed)
  }

  public func release(_ bytes: Int) { taken.subtract(bytes, ordering: .relaxed) }
}
