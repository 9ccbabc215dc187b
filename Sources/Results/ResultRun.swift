import Cluster
import Files
import Foundation
import Synchronization

/// Receives the progress of a job, on rank 0: the number of items of this run that are finished, including failed ones, and the
/// number of all.
public typealias JobProgress = @Sendable (_ done: Int, _ total: Int) -> Void

/// One run of a job over a result folder: it opens the folder, leaves out the results that are whole, distributes the others over
/// the ranks, records and summarises them, and makes the page.
///
/// `Facts` are the facts that the job records for an item, and `Findings` those for all items, besides what all jobs record.
package struct ResultRun<Subject: Codable & Sendable, Facts: RecordFacts, Findings: RecordFacts> {
  package let store: ResultStore
  package let overwrite: Bool
  /// The most items that a rank computes together.
  package let batch: Int
  package let communicator: Communicator
  /// The findings that are known before the run.
  package let findings: Findings
  package let progress: JobProgress
  /// Called on rank 0 when the folder has been claimed for this job; `isEmpty` is true if it has no whole results.
  package let onBegin: (_ isEmpty: Bool) throws -> Void
  /// Makes the folder's page; `isInterim` is true if results are still to be made.
  package let makePage: (_ isInterim: Bool) throws -> Void

  package init(
    _ store: ResultStore, findings: Findings, overwrite: Bool, batch: Int, communicator: Communicator,
    progress: @escaping JobProgress, onBegin: @escaping (_ isEmpty: Bool) throws -> Void = { _ in },
    makePage: @escaping (_ isInterim: Bool) throws -> Void
  ) {
    (self.store, self.findings, self.overwrite, self.batch) = (store, findings, overwrite, batch)
    (self.communicator, self.progress) = (communicator, progress)
    (self.onBegin, self.makePage) = (onBegin, makePage)
  }

  /// The message from rank 0 to the others: all items that are still to be made.
  private struct Order: Codable {
    var items: [WorkItem<Subject>]
    var skipped: Int
    var outdated: Int
    var damaged: Int
  }

  /// Runs the job.
  ///
  /// - Parameters:
  ///   - list: returns all items, given the results of earlier runs; called only on rank 0.
  ///   - prepare: prepares items, on any thread.
  ///   - process: computes and saves items; returns nil if it was stopped.
  /// - Returns: the summary, the same on all ranks.
  /// - Note: collective
  package func run<Prepared: Sendable>(
    prefetches: Bool,
    list: (_ earlier: EarlierResults) throws -> [WorkItem<Subject>],
    prepare: @escaping @Sendable ([WorkItem<Subject>]) -> [Result<Prepared, any Error>],
    process: ([(item: WorkItem<Subject>, prepared: Prepared)]) throws -> [ItemOutcome]?
  ) throws -> RunSummary<Findings> {
    let start = ContinuousClock.now
    var manifest: ManifestWriter?
    let order: Order = try communicator.onFirst(.reading) {
      let order = try makeOrder(list)
      manifest = try ManifestWriter(store)
      return order
    }
    let items = order.items
    let outcomes = Outcomes(
      items: items.map { (item: $0.name, source: $0.picture?.path.written) }, manifest: manifest, progress: progress)
    if communicator.rank == 0 { progress(0, items.count) }
    let fanOut = FanOut(
      count: items.count, batch: batch, communicator: communicator, prefetches: prefetches,
      prepare: { numbers in prepare(numbers.map { items[$0] }) })
    try fanOut.run(
      process: { ready in try process(ready.map { (items[$0.item], $0.prepared) }) },
      onReport: outcomes.add)

    return try communicator.onFirst {
      try finish(outcomes.tally, order, seconds: (ContinuousClock.now - start) / .seconds(1))
    }
  }

  private func makeOrder(_ list: (EarlierResults) throws -> [WorkItem<Subject>]) throws -> Order {
    var earlier = EarlierResults(try store.open(overwrite: overwrite))
    let items = try Activity.during(.listing) { try list(earlier) }
    let missing = try Activity.during(.listing) { try items.filter { try !earlier.take($0.name, of: $0.picture) } }
    try store.begin(items: items.map(\.name), whole: earlier.whole, facts: Facts.self)
    try onBegin(earlier.whole.isEmpty)
    let order = Order(
      items: missing, skipped: items.count - missing.count, outdated: earlier.outdated, damaged: earlier.damaged)
    if !missing.isEmpty {
      try store.beginRun(summary(Outcomes.Tally(), order, seconds: 0))
      try makePage(true)
    }
    return order
  }

  private func summary(_ tally: Outcomes.Tally, _ order: Order, seconds: Double) -> RunSummary<Findings> {
    var counts = RunCounts(
      command: store.header.command, total: order.items.count + order.skipped, done: tally.done,
      skipped: order.skipped, failed: tally.failures.count, failures: tally.failures.sorted { $0.item < $1.item },
      warnings: tally.warnings.sorted { $0.item < $1.item },
      seconds: seconds, itemsPerSecond: Double(tally.done) / max(seconds, 1e-9), ranks: communicator.size,
      stopped: tally.finished < order.items.count)
    counts.outdated = order.outdated > 0 ? order.outdated : nil
    counts.damaged = order.damaged > 0 ? order.damaged : nil
    return RunSummary(counts, findings)
  }

  private func finish(_ tally: Outcomes.Tally, _ order: Order, seconds: Double) throws -> RunSummary<Findings> {
    let summary = summary(tally, order, seconds: seconds)
    try store.write(summary)
    try Activity.during(.drawing) { try makePage(false) }
    // If nothing was left to make, no item has recorded this yet.
    if !summary.stopped { StopRequest.workWasDone() }
    return summary
  }
}

/// Collects the outcomes that rank 0 receives.
private final class Outcomes: Sendable {
  struct Tally: Sendable {
    var done = 0
    var failures: [RunCounts.Failure] = []
    var warnings: [RunCounts.Failure] = []
    var finished: Int { done + failures.count }
  }

  private let items: [(item: String, source: String?)]
  private let manifest: ManifestWriter?
  private let progress: JobProgress
  private let state = Mutex(Tally())

  init(items: [(item: String, source: String?)], manifest: ManifestWriter?, progress: @escaping JobProgress) {
    (self.items, self.manifest, self.progress) = (items, manifest, progress)
  }

  var tally: Tally { state.withLock { $0 } }

  func add(_ number: Int, _ outcome: ItemOutcome) throws {
    switch outcome {
    case .done(let saved):
      try manifest?.append(saved.line)
      StopRequest.workWasDone()
      let warning = saved.warning.map { RunCounts.Failure(item: saved.item, source: saved.source, reason: $0) }
      state.withLock {
        $0.done += 1
        if let warning { $0.warnings.append(warning) }
      }
    case .seen: break
    case .failed(let reason):
      let item = items[number]
      state.withLock { $0.failures.append(RunCounts.Failure(item: item.item, source: item.source, reason: reason)) }
    }
    progress(tally.finished, items.count)
  }
}
