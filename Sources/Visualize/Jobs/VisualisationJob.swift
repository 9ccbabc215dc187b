import Cluster
import ConvNet
import Files
import Images
import Results
import Segmentation

/// A job that makes results from a trained net, one item at a time, in a result folder: class models, maps, boxes.
///
/// A job lists its items, computes them and presents them. It is a value whose properties are its options. Storing, distribution
/// over ranks, resuming, the manifest, pages, redrawing and removal are the same for all jobs, and know a job only by its `kind`.
/// A new job is a file with a type of this protocol, and a line in `JobKind.all`.
package protocol VisualisationJob: Sendable {
  /// What rank 0 sends the other ranks about an item, besides its name and picture.
  associatedtype Subject: Codable & Sendable = NoFacts
  /// A prepared item: what is read and decoded while other items are computed.
  associatedtype Prepared: Sendable
  /// The object that computes, with all its buffers. A rank makes it when it gets its first items.
  associatedtype Engine
  /// What the engine computes for an item.
  associatedtype Payload
  /// The facts that the job records for an item besides those that all jobs record.
  associatedtype Facts: RecordFacts = NoFacts

  static var kind: JobKind { get }

  var setting: JobSetting { get }
  /// The findings that are known before any item is made.
  var findings: JobFindings { get }
  /// How maps are drawn, for jobs whose maps can be drawn again.
  var drawing: MapDrawing { get }
  /// True if the next items are prepared on another thread while some are computed; for items that are read and decoded.
  var prefetches: Bool { get }
  /// The number of items, on rank 0.
  var count: Int { get throws }

  /// Checks the options.
  /// - Throws: `ResultsError` for options that make no sense, before anything is read or written.
  func check() throws
  /// Everything that a result depends on besides the checkpoint and the item.
  ///
  /// - Note: collective
  func parameters(_ communicator: Communicator) throws -> [String: ParameterValue]
  /// The most items that a rank computes together.
  ///
  /// - Parameter share: the number of items per rank, rounded up.
  func itemsAtOnce(share: Int) -> Int
  /// Returns all items; called only on rank 0.
  ///
  /// - Parameter earlier: the results that exist already; their items keep their names.
  func items(_ earlier: EarlierResults) throws -> [WorkItem<Subject>]
  /// Prepares an item, on any thread. An error concerns this item only.
  func prepare(_ item: WorkItem<Subject>, _ decoder: PictureDecoder) throws -> Prepared
  /// - Parameter most: the most items that the engine gets at once.
  func makeEngine(_ most: Int) throws -> Engine
  /// - Returns: one payload per item; nil if it was stopped on request.
  func compute(_ ready: [(item: WorkItem<Subject>, prepared: Prepared)], with engine: Engine) throws -> [Payload]?
  /// Makes the record, the floats and the picture of an item.
  ///
  /// - Parameter rendering: how the item's maps are drawn.
  func present(
    _ payload: Payload, of item: WorkItem<Subject>, _ prepared: Prepared, drawn rendering: SaliencyRendering
  ) throws -> ItemResult<Facts>
  /// Writes the tables about all results, and completes the summary.
  ///
  /// - Parameters:
  ///   - engine: nil on a rank that got no item.
  ///   - seconds: the time that this rank spent on presenting and saving.
  /// - Note: collective
  func conclude(
    _ summary: inout JobSummary, in store: ResultStore, engine: Engine?, savingSeconds seconds: Double,
    _ communicator: Communicator
  ) throws
}

/// The way in which a job draws maps.
package enum MapDrawing: Sendable {
  /// The job's pictures can't be drawn again.
  case fixed
  /// As given. If nil: as in the pictures that are in the folder already, or else by default.
  case chosen(SaliencyRendering?)
}

/// A job with one item per picture.
package protocol PictureJob: VisualisationJob {
  /// See `PictureList.find`.
  var pictures: PictureList { get }
}

extension PictureJob {
  package var count: Int { pictures.count }
  package var findings: JobFindings { JobFindings(pictures) }
}

extension PictureJob where Subject == NoFacts {
  package func items(_ earlier: EarlierResults) throws -> [WorkItem<NoFacts>] {
    try earlier.workItems(of: pictures) { _ in NoFacts() }
  }
}

extension VisualisationJob {
  package static var command: String { kind.command }
  package var network: TrainedNetwork { setting.network }
  package var output: String { setting.output }
  package var findings: JobFindings { JobFindings() }
  package var drawing: MapDrawing { .fixed }
  package var prefetches: Bool { true }
  package func check() throws {}
  package func itemsAtOnce(share: Int) -> Int { max(1, min(setting.batch, share)) }
  package func conclude(
    _ summary: inout JobSummary, in store: ResultStore, engine: Engine?, savingSeconds seconds: Double,
    _ communicator: Communicator
  ) throws {}

  /// Makes the results that are missing. An item that can't be made is a failure in the summary, and all others are made.
  ///
  /// - Parameter progress: called on rank 0.
  /// - Returns: the summary, the same on all ranks; its `requireComplete()` throws an error with the program's exit code.
  /// - Throws: `ResultsError` for options that contradict each other, or with the reason why the folder can't be continued.
  /// - Note: collective; the items of rank 0 count.
  package func run(_ communicator: Communicator, progress: @escaping JobProgress = { _, _ in }) throws -> JobSummary {
    try check()
    let header = ResultHeader(
      command: Self.command, parameters: try parameters(communicator), net: network, compute: setting.compute)
    let store = ResultStore(folder: output, header: header, layout: .ofAllJobs)
    var rendering: FolderRendering?
    if case .chosen(let told) = drawing {
      rendering = try FolderRendering(told, in: output, overwrite: setting.overwrite, communicator)
    }
    let count: Int = try communicator.broadcast(communicator.rank == 0 ? self.count : nil)
    let most = itemsAtOnce(share: (count + communicator.size - 1) / communicator.size)
    let run = ResultRun<Subject, Facts, JobFindings>(
      store, findings: findings, overwrite: setting.overwrite, batch: most, communicator: communicator, progress: progress,
      onBegin: { isEmpty in try rendering?.begin(isEmpty: isEmpty) },
      makePage: { isInterim in try updateGallery(store.folder, rendering?.rendering, isInterim: isInterim) })
    var engine: Engine?
    var seconds = 0.0
    let drawn = rendering?.rendering ?? SaliencyRendering()
    var summary = try run.run(
      prefetches: prefetches, list: items,
      prepare: { items in
        let decoder = Swift.Result { try PictureDecoder() }
        return items.map { item in Swift.Result { try prepare(item, decoder.get()) } }
      },
      process: { ready in
        let current = try engine ?? makeEngine(most)
        engine = current
        guard let payloads = try compute(ready, with: current) else { return nil }
        return try zip(ready, payloads).map { entry, payload in
          try timed(&seconds) {
            let result = try present(payload, of: entry.item, entry.prepared, drawn: drawn)
            return .done(try store.save(result, of: entry.item.picture))
          }
        }
      })
    let before = summary
    try conclude(&summary, in: store, engine: engine, savingSeconds: seconds, communicator)
    if summary != before { try communicator.onFirst { try store.write(summary) } }
    return summary
  }
}
