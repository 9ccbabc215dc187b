import Cluster
import Files
import Foundation
import Threads

/// The outcome of one item.
package enum ItemOutcome: Codable, Sendable {
  case done(SavedItem)
  /// The item has no result of its own: it was only examined.
  case seen
  /// The item couldn't be made, with the reason; the others go on.
  case failed(String)
}

/// Work on another thread, whose value is asked for once.
private final class Background<Value: Sendable>: @unchecked Sendable {
  // Unchecked: the value is written before the signal and read after it.
  private var value: Value?
  private let ended = DispatchSemaphore(value: 0)

  init(_ work: @escaping @Sendable () -> Value) {
    startThread("prepare") { [self] in
      value = work()
      ended.signal()
    }
  }

  func get() -> Value {
    ended.wait()
    guard let value else { preconditionFailure("the thread has ended without a value") }
    return value
  }
}

/// Distributes items over all ranks, and computes a rank's items one batch at a time.
///
/// A rank takes items from the queue one at a time until its batch is full. The queue hands out 0, 1, 2, …, so an item's number
/// tells how many are left. A rank takes at most ⌈left / ranks⌉, so that near the end no rank has a full batch while others have
/// nothing to do.
package struct FanOut<Prepared: Sendable> {
  let count: Int
  /// The most items that are computed together.
  let batch: Int
  let communicator: Communicator
  /// True if the next batch is prepared on another thread while this one is computed; for items that are read and decoded. If
  /// false, a rank takes its next items later, which distributes them more evenly.
  let prefetches: Bool
  /// Prepares items, on any thread. An error concerns its item only.
  let prepare: @Sendable (_ items: [Int]) -> [Result<Prepared, any Error>]

  package init(
    count: Int, batch: Int, communicator: Communicator, prefetches: Bool,
    prepare: @escaping @Sendable (_ items: [Int]) -> [Result<Prepared, any Error>]
  ) {
    (self.count, self.batch, self.communicator) = (count, batch, communicator)
    (self.prefetches, self.prepare) = (prefetches, prepare)
  }

  /// The most items that a rank may take if `item` is the first of them.
  package static func share(from item: Int, count: Int, ranks: Int, batch: Int) -> Int {
    min(batch, (count - item + ranks - 1) / ranks)
  }

  /// Computes all items and reports every one, unless the ranks are asked to stop: items that aren't finished then are left out.
  ///
  /// - Parameters:
  ///   - process: computes and saves items; returns one outcome per item, in the same order, or nil if it was stopped on request.
  ///   - onReport: receives every outcome on rank 0, one call at a time.
  /// - Throws: the errors of `process` and `onReport`, which end the job.
  /// - Note: collective
  package func run(
    process: (_ items: [(item: Int, prepared: Prepared)]) throws -> [ItemOutcome]?,
    onReport: @escaping @Sendable (_ item: Int, _ outcome: ItemOutcome) throws -> Void
  ) throws {
    let queue = try WorkQueue(count: count, communicator: communicator) { item, bytes in
      guard let outcome = ResultJSON.value(ItemOutcome.self, String(decoding: bytes, as: UTF8.self)) else {
        throw ResultsError(.system, "the report of item \(item) can't be understood; do all ranks run the same program?")
      }
      try onReport(item, outcome)
    }
    var next = try take(from: queue)
    work: while let current = next {
      Activity.enter(.item)
      if prefetches { next = try take(from: queue) }
      let prepared = Activity.during(.loading) { current.prepared.get() }
      var ready: [(item: Int, prepared: Prepared)] = []
      for (item, result) in zip(current.items, prepared) {
        switch result {
        case .success(let value): ready.append((item, value))
        case .failure(let error):
          switch (error as? any StorageRelated)?.storageTrouble {
          case .away: throw error
          case .stopped: break work
          case nil: try report(item, .failed(String(describing: error)), to: queue)
          }
        }
      }
      if !ready.isEmpty {
        guard !StopRequest.isRequested, let outcomes = try process(ready) else { break }
        for (item, outcome) in zip(ready.map(\.item), outcomes) { try report(item, outcome, to: queue) }
      }
      if !prefetches { next = try take(from: queue) }
    }
    Activity.enter(.unknown)
    try queue.finish()
  }

  private struct Share {
    let items: [Int]
    let prepared: Background<[Result<Prepared, any Error>]>
  }

  private func take(from queue: WorkQueue) throws -> Share? {
    guard !StopRequest.isRequested, let first = try queue.next() else { return nil }
    let most = Self.share(from: first, count: count, ranks: communicator.size, batch: batch)
    var items = [first]
    while items.count < most, let item = try queue.next() { items.append(item) }
    let taken = items
    return Share(items: taken, prepared: Background { [prepare] in prepare(taken) })
  }

  private func report(_ item: Int, _ outcome: ItemOutcome, to queue: WorkQueue) throws {
    try queue.report(item, Array(try ResultJSON.text(outcome).utf8))
    if case .done = outcome { StopRequest.workWasDone() }
  }
}
