import Cluster
import DataSets
import Files
import Foundation
import Synchronization

/// One thing to make a result of: a class, or a picture.
struct WorkItem: Codable, Sendable {
  /// The result's item, see `ItemNames`.
  var name: String
  var classIndex: Int?
  /// The picture's file, as `FileName.written` has it.
  var source: String?
  /// Its path from the folder that was given.
  var picture: FileName?
  /// The synset id of what is in the picture.
  var truth: String?
  /// Whether it is one of those of which more is measured.
  var isSampled: Bool?
  /// The boxes of its objects, and the size of the picture that they were drawn in.
  var annotation: Annotation?

  init(name: String, classIndex: Int? = nil) {
    (self.name, self.classIndex) = (name, classIndex)
  }

  /// - Parameter name: the picture's path when it is nil.
  init(name: String? = nil, picture: PictureFile) {
    self.name = name ?? picture.path.written
    (source, self.picture, annotation) = (picture.path.written, picture.name, picture.annotation)
    truth = picture.truth ?? picture.annotation?.boxes.first?.wnid
  }

  /// The number of its stream of random numbers: wherever its files are, it is the same result.
  var stream: UInt64 { ItemNames.hash(ItemNames.name(of: name)) }
}

/// Is told on rank 0 how far a job is: items of this run that are finished, failed ones included, and how many there are in all.
public typealias JobProgress = @Sendable (_ done: Int, _ total: Int) -> Void

/// The part that all jobs with a result folder share: open, leave out what is whole, fan out, record, summarise, gallery.
struct ResultJob {
  let store: ResultStore
  let overwrite: Bool
  /// The most items that a rank computes together.
  let batch: Int
  let communicator: Communicator
  /// Annotations that can't be used, for the summary.
  var annotationFaults: [AnnotationFault] = []
  let progress: JobProgress
  /// What was found beside the pictures.
  var passedOver = PassedOver()

  /// What rank 0 tells the others: all items that are still to do.
  private struct Order: Codable {
    var items: [WorkItem]
    var skipped: Int
    var outdated: Int
  }

  /// - Parameters:
  ///   - list: all items, asked for on rank 0 alone; it gets those that earlier runs have made.
  ///   - prepare: makes items ready, on any thread.
  ///   - process: computes and saves; nil when it was stopped.
  /// - Returns: the summary, the same on all ranks.
  /// - Note: collective
  func run<Prepared: Sendable>(
    prefetches: Bool,
    list: (_ earlier: EarlierResults) throws -> [WorkItem],
    prepare: @escaping @Sendable ([WorkItem]) -> [Result<Prepared, any Error>],
    process: ([(item: WorkItem, prepared: Prepared)]) throws -> [ItemOutcome]?
  ) throws -> JobSummary {
    let start = ContinuousClock.now
    var manifest: ManifestWriter?
    let order: Order = try communicator.onFirst(.reading) {
      let order = try makeOrder(list)
      manifest = try ManifestWriter(store)
      return order
    }
    let items = order.items
    let outcomes = Outcomes(items: items, manifest: manifest, progress: progress)
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

  private func makeOrder(_ list: (EarlierResults) throws -> [WorkItem]) throws -> Order {
    var earlier = EarlierResults(try store.open(overwrite: overwrite))
    let items = try Activity.during(.listing) { try list(earlier) }
    let missing = try Activity.during(.listing) { try items.filter { try !earlier.take($0) } }
    try store.begin(items: items.map(\.name), whole: earlier.whole)
    let order = Order(items: missing, skipped: items.count - missing.count, outdated: earlier.outdated)
    if !missing.isEmpty { try store.beginRun(summary(Outcomes.Tally(), order, seconds: 0)) }
    return order
  }

  private func summary(_ tally: Outcomes.Tally, _ order: Order, seconds: Double) -> JobSummary {
    var summary = JobSummary(
      command: store.header.command, total: order.items.count + order.skipped, done: tally.done,
      skipped: order.skipped, failed: tally.failures.count, failures: tally.failures.sorted { $0.item < $1.item },
      warnings: tally.warnings.sorted { $0.item < $1.item },
      seconds: seconds, itemsPerSecond: Double(tally.done) / max(seconds, 1e-9), ranks: communicator.size,
      stopped: tally.finished < order.items.count)
    summary.annotationFaults = annotationFaults.isEmpty ? nil : annotationFaults
    summary.passedOver = passedOver.groups.isEmpty ? nil : passedOver
    summary.outdated = order.outdated > 0 ? order.outdated : nil
    return summary
  }

  private func finish(_ tally: Outcomes.Tally, _ order: Order, seconds: Double) throws -> JobSummary {
    let summary = summary(tally, order, seconds: seconds)
    try AtomicFile.write(ResultJSON.text(summary, pretty: true) + "\n", to: store.path(ResultStore.summaryFile))
    _ = try Activity.during(.drawing) { try gallery(results: store.folder, GalleryOptions(rendering: store.rendering)) }
    // There may have been nothing left to make.
    if !summary.stopped { StopRequest.workWasDone() }
    return summary
  }
}

/// What rank 0 has heard of.
private final class Outcomes: Sendable {
  struct Tally: Sendable {
    var done = 0
    var failures: [JobSummary.Failure] = []
    var warnings: [JobSummary.Failure] = []
    var finished: Int { done + failures.count }
  }

  private let items: [WorkItem]
  private let manifest: ManifestWriter?
  private let progress: JobProgress
  private let state = Mutex(Tally())

  init(items: [WorkItem], manifest: ManifestWriter?, progress: @escaping JobProgress) {
    self.items = items
    self.manifest = manifest
    self.progress = progress
  }

  var tally: Tally { state.withLock { $0 } }

  func add(_ number: Int, _ outcome: ItemOutcome) throws {
    switch outcome {
    case .done(let record):
      try manifest?.append(record)
      StopRequest.workWasDone()
      let warning = record.warning.map { JobSummary.Failure(item: record.item, source: record.source, reason: $0) }
      state.withLock {
        $0.done += 1
        if let warning { $0.warnings.append(warning) }
      }
    case .seen: break
    case .failed(let reason):
      let item = items[number]
      state.withLock { $0.failures.append(JobSummary.Failure(item: item.name, source: item.source, reason: reason)) }
    }
    progress(tally.finished, items.count)
  }
}
