import Foundation

/// Sums the gradients of all ranks, range by range, while the backward pass goes on.
///
///     plan.backward(from: gradient) { reducer.start($0) }
///     try reducer.finish()
///
/// `start` hands a range to a communication thread and returns; `finish` waits for what is left. MPI makes no progress in the
/// background of its own, and a thread in a blocking all-reduce does. Ranges and their chunks travel in the order of `start`, the
/// same on all ranks. With one rank there is no thread, and nothing is done.
public final class GradientReducer {
  /// Seconds that the caller has waited in `finish` since the reducer was made.
  public private(set) var waitSeconds = 0.0

  private let gradients: UnsafeMutableBufferPointer<Float>
  private let thread: ReductionThread?

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
    guard communicator.size > 1 else {
      thread = nil
      return
    }
    thread = ReductionThread(gradients, reduction.makeSum(try communicator.duplicate()))
  }

  deinit { thread?.stop() }

  /// Starts replacing `gradients[range]` by its sum over ranks. Until `finish` the range must be neither read nor written.
  ///
  /// - Note: collective: the same ranges in the same order on all ranks.
  public func start(_ range: Range<Int>) {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= gradients.count, "\(range) is outside of \(gradients.count) gradients")
    thread?.append(range)
  }

  /// Returns when all started ranges hold their sums.
  ///
  /// - Throws: `MPIError`, that of the communication thread too.
  /// - Note: collective
  public func finish() throws(MPIError) {
    guard let thread else { return }
    let start = ContinuousClock.now
    defer { waitSeconds += (ContinuousClock.now - start) / .seconds(1) }
    try thread.wait()
  }
}

/// The thread that reduces, and the ranges that it has still to do.
///
/// Before each range the ranks meet in a barrier that polls and sleeps: a thread inside a blocking all-reduce would use up a core
/// for as long as another rank computes.
private final class ReductionThread: @unchecked Sendable {
  private let gradients: UnsafeMutableBufferPointer<Float>
  private let sum: any GradientSum
  /// Guards everything below.
  private let condition = NSCondition()
  private var ranges: [Range<Int>] = []
  private var done = 0
  private var failure: MPIError?
  private var isStopped = false

  init(_ gradients: UnsafeMutableBufferPointer<Float>, _ sum: any GradientSum) {
    self.gradients = gradients
    self.sum = sum
    ranges.reserveCapacity(64)
    let thread = Thread { [self] in run() }
    thread.name = "gradients"
    thread.start()
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
        if !range.isEmpty { try reduce(range) }
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

  /// Nil when the thread is to end.
  private func next() -> Range<Int>? {
    condition.lock()
    defer { condition.unlock() }
    while done == ranges.count, !isStopped { condition.wait() }
    return isStopped ? nil : ranges[done]
  }

  private func reduce(_ range: Range<Int>) throws(MPIError) {
    try sum.communicator.sleepingBarrier()
    var start = range.lowerBound
    while start < range.upperBound {
      let end = min(start + GradientReduction.chunk, range.upperBound)
      try sum.sum(UnsafeMutableBufferPointer(rebasing: gradients[start..<end]))
      start = end
    }
  }
}
