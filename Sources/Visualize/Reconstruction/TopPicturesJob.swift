import Attribution
import Cluster
import ConvNet
import Files
import Foundation
import Images

/// The command `reconstruct --top N`: for every channel of a layer the N pictures of a data set that excite it most, with the
/// reconstruction of the strongest unit in each: Zeiler and Fergus's figure 2.
public struct TopPicturesJob {
  /// The strongest pictures of each channel, kept so that a second run needn't look through all of them again.
  static let scanFile = "strongest.json"
  /// Channels on the contact sheet, at most.
  static let sheetChannels = 256

  public var job: ReconstructionJob
  /// Pictures a channel.
  public var top: Int

  public init(_ job: ReconstructionJob, top: Int) {
    self.job = job
    self.top = top
  }

  private struct Hits: Sendable {
    let hits: [StrongestPictures.Hit]
    let pictures: [TestPicture]
  }

  /// Looks through all pictures, then makes what is missing: an item a channel, and `contact-sheet.png` of them all.
  ///
  /// - Parameter progress: called on rank 0, first for the pictures, then for the channels.
  /// - Note: collective; the pictures of rank 0 count.
  public func run(_ communicator: Communicator, progress: @escaping JobProgress = { _, _ in }) throws -> JobSummary {
    let network = job.network
    let shape = network.network.shapes[try network.network.index(of: job.layer) + 1]
    try job.units.check(job.layer, shape)
    let pictures: [ListedPicture] = try communicator.onFirst(.reading) {
      job.pictures.map { ListedPicture(name: $0.name.written, path: $0.path.written, stamp: FileStamp(of: $0.path)) }
    }
    // Wherever the folder lies it is the same list.
    let listing = Self.digest(pictures.map(\.name))
    let contents = Self.digest(pictures.map { $0.stamp.map { "\($0.bytes) \($0.modified)" } ?? "" })
    let origin = ["\(listing)", "\(pictures.count)", "\(top)", job.layer, network.digest, "\(contents)"]
    let paths = Dictionary(pictures.map { ($0.name, $0.path) }, uniquingKeysWith: { first, _ in first })
    let store = ResultStore(
      folder: job.output,
      header: ResultHeader(
        command: ReconstructionJob.command, parameters: parameters.merging(["pictures": .text("\(listing)")]) { $1 },
        net: network, compute: job.compute))
    // Whether the folder can be gone on with is known before the long work.
    var known: StrongestPictures?
    try communicator.onFirst(.reading) {
      _ = try store.open(overwrite: job.overwrite)
      try store.refuseForeign()
      known = try earlierScan(store)
      if let found = known, job.overwrite || isOutdated(found, origin: origin, paths) {
        if !job.overwrite { communicator.say("pictures have changed since \(store.path(Self.scanFile)) was made: all are looked through again") }
        known = nil
        _ = try store.open(overwrite: true)
      }
    }
    let reconstructor = try Reconstructor(
      network.parameters, layer: job.layer, rule: job.rule, batch: job.batch, compute: job.compute,
      progress: { Activity.enter(.item) })
    if let known, !known.fits(reconstructor.shape) {
      throw VisualizeError(
        .badData,
        "\(store.path(Self.scanFile)) has other units than \(job.layer), \(reconstructor.shape); remove it or choose another --output")
    }
    let strongest: StrongestPictures
    if try communicator.agree(on: known != nil, .any) {
      strongest = try communicator.broadcast(known)
    } else {
      strongest = try StrongestPictures.scan(
        pictures, top: top, origin: origin, network: network, reconstructor: reconstructor, communicator: communicator,
        progress: progress)
      try communicator.onFirst { try AtomicFile.write(ResultJSON.text(strongest), to: store.path(Self.scanFile)) }
    }
    let channels = job.units.channel.map { [$0] } ?? Array(0..<shape.channels)
    let digits = "\(shape.channels - 1)".count
    let shown = channels.filter { !strongest.channels[$0].isEmpty }
    let names = shown.map { channel in
      let number = "\(channel)"
      return ItemNames.safe("\(job.layer)-\(String(repeating: "0", count: digits - number.count))\(number)")
    }
    var items: [String] = []
    let perItem = max(1, job.batch / top)
    let results = ResultJob(
      store: store, overwrite: false, batch: perItem, communicator: communicator, progress: progress,
      passedOver: job.pictures.passedOver)
    var summary = try results.run(
      prefetches: true,
      list: { earlier in
        items = ItemNames.items(named: names, existing: earlier.byName)
        return zip(items, shown).map { WorkItem(name: $0, classIndex: $1) }
      },
      prepare: { items in
        items.map { item in
          let hits = strongest.channels[item.classIndex ?? 0]
          let pictures = TestPicture.prepare(hits.map { WorkItem(picture: PictureFile(path: FileName(written: paths[$0.path] ?? $0.path))) }, network)
          return Result { Hits(hits: hits, pictures: try pictures.map { try $0.get() }) }
        }
      },
      process: { ready in
        try ready.map { entry in
          let result = try result(entry.item, entry.prepared, reconstructor)
          return .done(try store.save(result, of: entry.item))
        }
      })
    let missed = (strongest.unread ?? []).sorted { $0.item < $1.item }
    summary.failures = missed + summary.failures
    (summary.failed, summary.total) = (summary.failures.count, summary.total + missed.count)
    try communicator.onFirst {
      if !missed.isEmpty {
        try AtomicFile.write(ResultJSON.text(summary, pretty: true) + "\n", to: store.path(ResultStore.summaryFile))
      }
      try sheet(items, store)
      // It links the sheet.
      try gallery(results: store.folder)
    }
    return summary
  }

  private static func digest(_ texts: [String]) -> UInt64 { texts.reduce(0xCBF2_9CE4_8422_2325) { ItemNames.hash("\($0) \($1)") } }

  /// What an earlier run found out; nil when there was none.
  ///
  /// - Throws: `VisualizeError` when the file is somebody else's.
  private func earlierScan(_ store: ResultStore) throws -> StrongestPictures? {
    try ResultJSON.file(StrongestPictures.self, store.path(Self.scanFile))
  }

  /// Whether it is of other pictures, or one that couldn't be read can be now: it may belong to the strongest of any channel.
  private func isOutdated(_ found: StrongestPictures, origin: [String], _ paths: [String: String]) -> Bool {
    let unread = (found.unread ?? []).map { paths[$0.item] ?? $0.item }
    return found.origin != origin
      || TestPicture.prepare(unread.map { WorkItem(picture: PictureFile(path: FileName(written: $0))) }, job.network).contains { (try? $0.get()) != nil }
  }

  private func result(_ item: WorkItem, _ hits: Hits, _ reconstructor: Reconstructor) throws -> ItemResult {
    var patches: [Patch] = []
    for start in stride(from: 0, to: hits.hits.count, by: reconstructor.score.batch) {
      let range = start..<min(start + reconstructor.score.batch, hits.hits.count)
      _ = try reconstructor.forward(Array(hits.pictures[range]), mean: job.network.mean)
      patches += try reconstructor.reconstruct(hits.hits[range].map(\.unit))
    }
    let sheet = try PatchSheet.picture(
      Array(zip(patches, hits.pictures.map(\.shown))).map { (patch: $0, crop: $1) }, columns: Patch.columns(top))
    let record = ResultRecord(
      item: item.name, kind: ReconstructionJob.command, class: ItemNames.name(of: item.name),
      className: "channel \(item.classIndex ?? 0) of \(job.layer)",
      score: hits.hits[0].unit.activation, posterior: .nan, top5: [])
    let sources = hits.hits.map { FilePath.name(of: $0.path) }
    let attributes: [String: ParameterValue] = [
      "sources": .text(try ResultJSON.text(sources)),
      "inputs_sha256": .text(try ResultJSON.text(hits.pictures.map { $0.inputDigest(mean: job.network.mean) })),
    ]
    return ItemResult(
      record: record, dataSets: patches.dataSets, attributes: attributes, picture: sheet)
  }

  /// All channels in one picture.
  private func sheet(_ items: [String], _ store: ResultStore) throws {
    let pictures = items.prefix(Self.sheetChannels).compactMap { try? Picture(contentsOf: store.picturePath(of: $0)) }
    guard !pictures.isEmpty else { return }
    try Picture.grid(pictures, columns: Patch.columns(pictures.count), gap: 12).writePNG(to: store.path(ContactSheet.file))
  }

  private var parameters: [String: ParameterValue] {
    var all: [String: ParameterValue] = [
      "layer": .text(job.layer), "method": .text(job.rule.rawValue), "top": .number(Double(top)),
    ]
    all.merge(job.network.spec.geometry.parameters) { $1 }
    if let channel = job.units.channel { all["channel"] = .number(Double(channel)) }
    return all
  }
}
