import Cluster
import ConvNet
import Files
import Images
import Results
import Segmentation

/// Something that is made of a trained net, an item at a time, in a result folder: class models, maps, boxes.
///
/// A job says what its items are, computes them and presents them; it is a value, with its options as its properties. Store, fan-out,
/// resumption, manifest, pages, redrawing and removal are the same for all, and know a job by its `kind` alone. A new job is a file
/// with a type of this protocol, and a line in `JobKind.all`.
package protocol VisualisationJob: Sendable {
  /// What rank 0 tells the other ranks of an item, besides its name and picture.
  associatedtype Subject: Codable & Sendable = NoFacts
  /// An item made ready: what is read and decoded while others are computed.
  associatedtype Prepared: Sendable
  /// What computes, with all its buffers; a rank makes it when it gets its first items.
  associatedtype Engine
  /// What the engine makes of an item.
  associatedtype Payload
  /// What the job says of an item besides what all jobs say.
  associatedtype Facts: RecordFacts = NoFacts

  static var kind: JobKind { get }

  var setting: JobSetting { get }
  /// What is known of all items before any is made.
  var findings: JobFindings { get }
  /// How maps are drawn, for jobs whose pictures show maps that can be drawn anew.
  var drawing: MapDrawing { get }
  /// Whether the next items are prepared on another thread while some are computed: for what is read and decoded.
  var prefetches: Bool { get }
  /// The number of items, on rank 0.
  var count: Int { get throws }

  /// - Throws: `ResultsError` for options that can't be meant, before anything is read or written.
  func check() throws
  /// Everything that a result depends on besides the checkpoint and the item.
  ///
  /// - Note: collective
  func parameters(_ communicator: Communicator) throws -> [String: ParameterValue]
  /// The most items that a rank computes together.
  ///
  /// - Parameter share: of each rank, rounded up.
  func itemsAtOnce(share: Int) -> Int
  /// All items, asked for on rank 0 alone.
  ///
  /// - Parameter earlier: the results that are there: their items keep their names.
  func items(_ earlier: EarlierResults) throws -> [WorkItem<Subject>]
  /// Makes an item ready, on any thread. An error is that item's alone.
  func prepare(_ item: WorkItem<Subject>, _ decoder: PictureDecoder) throws -> Prepared
  /// - Parameter most: the items that it gets at once.
  func makeEngine(_ most: Int) throws -> Engine
  /// - Returns: a payload for each item; nil when it was stopped on request.
  func compute(_ ready: [(item: WorkItem<Subject>, prepared: Prepared)], with engine: Engine) throws -> [Payload]?
  /// The record, the floats and the picture of an item.
  ///
  /// - Parameter rendering: how its maps are drawn.
  func present(
    _ payload: Payload, of item: WorkItem<Subject>, _ prepared: Prepared, drawn rendering: SaliencyRendering
  ) throws -> ItemResult<Facts>
  /// Writes what is to be said of all results together, and completes the summary.
  ///
  /// - Parameters:
  ///   - engine: nil on a rank that got no item.
  ///   - seconds: of this rank, in presenting and saving.
  /// - Note: collective
  func conclude(
    _ summary: inout JobSummary, in store: ResultStore, engine: Engine?, savingSeconds seconds: Double,
    _ communicator: Communicator
  ) throws
}

/// How a job draws maps.
package enum MapDrawing: Sendable {
  /// Its pictures can't be drawn anew.
  case fixed
  /// As it is told; nil: as the pictures that are in the folder already, else by default.
  case chosen(SaliencyRendering?)
}

/// A job with an item for each of some pictures.
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

  /// Makes what is missing. An item that can't be made is a failure in the summary, and all others are done.
  ///
  /// - Parameter progress: called on rank 0.
  /// - Returns: what was done, the same on all ranks; `requireComplete()` throws the program's exit code.
  /// - Throws: `ResultsError` for options that don't go together, or saying why the folder can't be gone on with.
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
      makePage: { isInterim in try Gallery.update(store.folder, rendering?.rendering, isInterim: isInterim) })
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
