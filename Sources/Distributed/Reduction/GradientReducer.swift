import Files
import Foundation
import Threads

/// Sums the gradients of all ranks, range by range, while the backward pass goes on.
///
///     plan.backward(from: gradient) { reducer.start($0) }
///     try reducer.finish()
///
/// `start` hands a range to a communication thread and returns; `finish` waits for what is left. MPI makes no progress in the
/// background of its own, and a thread in a blocking all-reduce does. Ranges and their chunks travel in the order of `start`, the
/// same on all ranks.
///
/// Inside one host there is nothing to hide: a sum is the processors' own work, and a thread for it would take turns with the
/// threads that compute, while the other ranks wait (measured: a step takes 0.2 s longer, although the sums take 0.05 s). There
/// `finish` sums. With one rank nothing is done.
public final class GradientReducer {
  /// Seconds that the caller has waited in `finish` since the reducer was made.
  public private(set) var waitSeconds = 0.0

  private let gradients: UnsafeMutableBufferPointer<Float>
  private let sum: (any RankSum)?
  private let thread: ReductionThread?
  /// The ranges that `finish` sums where there is no thread.
  private var ranges: [Range<Int>] = []

  /// - Parameters:
  ///   - gradients: the flat gradient buffer; it must outlive the reducer.
  ///   - communicator: the ranks to sum over; the reducer talks on a duplicate.
  ///   - reduction: how the sum is formed, the same on all ranks.
  /// - Throws: `MPIError`.
  /// - Note: collective
  public init(
    _ gradients: UnsafeMutableBufferPointer<Float>, communicator: Communicator, reduction: GradientReduction = .float32
  ) throws(MPIError) {
    precondition(reduction != .tree || communicator.size.nonzeroBitCount == 1, "a binary tree over \(communicator.size) ranks")
    self.gradients = gradients
    sum = communicator.size > 1 ? try reduction.makeSum(try communicator.duplicate()) : nil
    thread = communicator.isOneHost ? nil : sum.map { ReductionThread(gradients, $0) }
  }

  deinit { thread?.stop() }

  /// Starts replacing `gradients[range]` by its sum over ranks. Until `finish` the range must be neither read nor written.
  ///
  /// - Note: collective: the same ranges in the same order on all ranks.
  public func start(_ range: Range<Int>) {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= gradients.count, "\(range) is outside of \(gradients.count) gradients")
    if let thread { thread.append(range) } else if sum != nil { ranges.append(range) }
  }

  /// Returns when all started ranges hold their sums.
  ///
  /// - Throws: `MPIError`, also of the communication thread.
  /// - Note: collective
  public func finish() throws(MPIError) {
    guard let sum else { return }
    let start = ContinuousClock.now
    defer { waitSeconds += (ContinuousClock.now - start) / .seconds(1) }
    if let thread { return try thread.wait() }
    defer { ranges.removeAll(keepingCapacity: true) }
    for range in RangeSet(ranges).ranges { try sum.sum(gradients, range) }
  }
}

/// The thread that reduces, and the ranges that it has still to do.
private final class ReductionThread: @unchecked Sendable {
  // Unchecked: its thread alone uses `sum` and the ranges that it was given, until `wait` returns; `condition` guards the rest.
  private let gradients: UnsafeMutableBufferPointer<Float>
  private let sum: any RankSum
  /// Guards everything below.
  private let condition = NSCondition()
  private var ranges: [Range<Int>] = []
  private var done = 0
  private var failure: MPIError?
  private var isStopped = false

  init(_ gradients: UnsafeMutableBufferPointer<Float>, _ sum: any RankSum) {
    self.gradients = gradients
    self.sum = sum
    ranges.reserveCapacity(64)
    startThread("gradients") { [self] in run() }
  }

  func append(_ range: Range<Int>) {
    condition.withLock {
      ranges.append(range)
      condition.broadcast()
    }
  }

  func wait() throws(MPIError) {
    condition.lock()
    defer { condition.unlock() }
    while done < ranges.count, failure == nil { condition.wait() }
    if let failure { throw failure }
    ranges.removeAll(keepingCapacity: true)
    done = 0
  }

  func stop() {
    condition.withLock {
      isStopped = true
      condition.broadcast()
    }
  }

  private func run() {
    do throws(MPIError) {
      while let range = next() {
        if !range.isEmpty { try sum.sum(gradients, range) }
        condition.withLock {
          done += 1
          condition.broadcast()
        }
      }
    } catch {
      condition.withLock {
        failure = error
        condition.broadcast()
      }
    }
  }

  /// The range to sum next; nil if the thread is to end.
  private func next() -> Range<Int>? {
    condition.lock()
    defer { condition.unlock() }
    while done == ranges.count, !isStopped { condition.wait() }
    return isStopped ? nil : ranges[done]
  }
}

extension RankSum {
  /// Sums `gradients[range]` chunk by chunk. The ranks meet first, asleep: a thread inside a blocking all-reduce would use up a core
  /// for as long as another rank computes. - Note: collective
  fileprivate func sum(_ gradients: UnsafeMutableBufferPointer<Float>, _ range: Range<Int>) throws(MPIError) {
    try communicator.sleepingBarrier()
    for start in stride(from: range.lowerBound, to: range.upperBound, by: GradientReduction.chunk) {
      let end = min(start + GradientReduction.chunk, range.upperBound)
      try sum(UnsafeMutableBufferPointer(rebasing: gradients[start..<end]))
    }
  }
}
