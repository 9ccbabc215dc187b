import Foundation
import Synchronization

/// Shares out the items 0 ..< count, one at a time, to whichever rank is free: ranks of different speed all end together.
///
///     let queue = try WorkQueue(count: pictures.count, communicator: communicator) { item, bytes in try manifest.append(bytes) }
///     while let item = try queue.next() { try queue.report(item, work(on: pictures[item])) }
///     try queue.finish()
///
/// Rank 0 keeps the list. The other ranks ask a thread of its process, by messages on a communicator of the queue's own
/// (one-sided MPI would need no thread, but fails over TCP in common builds of Open MPI); rank 0 itself asks under a lock.
///
/// **No deadlock**: a rank only ever waits for the server thread, and that one for nothing but the messages that a rank
/// sends in one go. An error thrown by a rank between `next` and `finish` must leave `MPIRuntime.run`, which ends the job;
/// a rank that swallows it and goes on without `finish` leaves the others waiting.
public final class WorkQueue {
  private let communicator: Communicator
  private let state: WorkQueueState
  private var server: WorkQueueServer?

  /// - Parameters:
  ///   - count: the number of items.
  ///   - order: the items in the order to hand them out, by default 0, 1, 2, …; items left out are not handed out. Only rank 0's
  ///     counts.
  ///   - communicator: the ranks that share the work.
  ///   - onReport: receives on rank 0 what any rank reports: one call at a time, though from different threads. Until it
  ///     returns no other rank gets an item, so it should be quick. An error that it throws ends the job.
  /// - Throws: `MPIError`.
  /// - Note: collective
  public init(
    count: Int, order: [Int]? = nil, communicator: Communicator,
    onReport: @escaping @Sendable (_ item: Int, _ bytes: [UInt8]) throws -> Void = { _, _ in }
  ) throws(MPIError) {
    let items = order ?? Array(0..<count)
    precondition(items.allSatisfy { (0..<count).contains($0) }, "an item of the order is outside of 0 ..< \(count)")
    self.communicator = communicator.size > 1 ? try communicator.duplicate() : communicator
    state = WorkQueueState(items: items, onReport: onReport)
    if communicator.size > 1, communicator.rank == 0 { server = WorkQueueServer(state, self.communicator) }
  }

  /// The next item for this rank; nil if all are taken.
  ///
  /// - Throws: `MPIError`.
  public func next() throws(MPIError) -> Int? {
    if communicator.rank == 0 { return state.next() }
    try communicator.send(.next, 0)
    let item = try Activity.exchanging { () throws(MPIError) in try communicator.receiveReply() }
    return item < 0 ? nil : item
  }

  /// Sends the outcome of a finished item to `onReport` on rank 0. On the other ranks it returns when the bytes are on their way.
  ///
  /// - Throws: `MPIError`; on rank 0 whatever `onReport` throws.
  public func report(_ item: Int, _ bytes: [UInt8] = []) throws {
    if communicator.rank == 0 { return try state.report(item, bytes) }
    try communicator.send(.report, item, bytes.count)
    try communicator.send(bytes, to: 0, tag: WorkQueueMessage.bytesTag)
  }

  /// Waits until all ranks are here and all their reports have been dealt with. The queue can't be used afterwards.
  ///
  /// - Throws: `MPIError`.
  /// - Note: collective
  public func finish() throws(MPIError) {
    if communicator.size == 1 { return }
    if let server {
      Activity.exchanging { server.join() }
    } else {
      try communicator.send(.finished, 0)
    }
    try communicator.sleepingBarrier()
  }
}

/// What rank 0 knows: the items that nobody has yet, and where reports go.
final class WorkQueueState: Sendable {
  private let items: [Int]
  private let taken = Mutex(0)
  private let reporting = Mutex(())
  private let onReport: @Sendable (Int, [UInt8]) throws -> Void

  init(items: [Int], onReport: @escaping @Sendable (Int, [UInt8]) throws -> Void) {
    self.items = items
    self.onReport = onReport
  }

  func next() -> Int? {
    taken.withLock { taken in
      guard taken < items.count else { return nil }
      defer { taken += 1 }
      return items[taken]
    }
  }

  func report(_ item: Int, _ bytes: [UInt8]) throws { try reporting.withLock { _ in try onReport(item, bytes) } }
}
