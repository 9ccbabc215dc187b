import Attribution
import Cluster
import ConvNet
import Files
import Gallery
import Images
import Results

/// The second part of `reconstruct --top N`: one item per channel, made when its strongest pictures are known.
struct ChannelJob: VisualisationJob {
  /// The most channels on the contact sheet.
  static let sheetChannels = 256
  static var kind: JobKind { ReconstructionJob.kind }

  let job: ReconstructionJob
  /// The number of pictures per channel.
  let top: Int
  let parameters: [String: ParameterValue]
  let strongest: StrongestPictures
  /// The paths of the pictures' files, by the pictures' names.
  let paths: [String: String]
  /// The number of channels of the layer.
  let channelCount: Int

  struct Hits: Sendable {
    let hits: [StrongestPictures.Hit]
    let pictures: [TestPicture]
  }

  /// Existing results have been removed before the pictures are scanned, so nothing is overwritten here.
  var setting: JobSetting {
    var setting = job.setting
    setting.overwrite = false
    return setting
  }
  var findings: JobFindings { job.findings }
  var count: Int { channels.count }

  /// The channels that at least one picture activates.
  private var channels: [Int] {
    (job.units.channel.map { [$0] } ?? Array(0..<channelCount)).filter { !strongest.channels[$0].isEmpty }
  }

  /// The layer and the channel's number, padded to as many digits as the last channel has.
  private func name(_ channel: Int) -> String {
    let (digits, number) = ("\(channelCount - 1)".count, "\(channel)")
    return ItemNames.safe("\(job.layer)-\(String(repeating: "0", count: digits - number.count))\(number)")
  }

  func parameters(_ communicator: Communicator) -> [String: ParameterValue] { parameters }

  func itemsAtOnce(share: Int) -> Int { max(1, job.setting.batch / top) }

  func items(_ earlier: EarlierResults) -> [WorkItem<Int>] {
    zip(earlier.items(named: channels.map(name)), channels).map { WorkItem(name: $0, subject: $1) }
  }

  func prepare(_ item: WorkItem<Int>, _ decoder: PictureDecoder) throws -> Hits {
    let hits = strongest.channels[item.subject]
    let pictures = try hits.map { hit in
      try TestPicture(
        contentsOf: FileName(written: paths[hit.path] ?? hit.path), decoder: decoder, geometry: network.spec.geometry)
    }
    return Hits(hits: hits, pictures: pictures)
  }

  func makeEngine(_ most: Int) throws -> Reconstructor { try job.makeEngine(job.setting.batch) }

  func compute(_ ready: [(item: WorkItem<Int>, prepared: Hits)], with reconstructor: Reconstructor) throws -> [[Patch]]? {
    try ready.map { _, found in
      var patches: [Patch] = []
      for start in stride(from: 0, to: found.hits.count, by: reconstructor.score.batch) {
        let range = start..<min(start + reconstructor.score.batch, found.hits.count)
        _ = try reconstructor.forward(Array(found.pictures[range]), mean: network.mean)
        patches += try reconstructor.reconstruct(found.hits[range].map(\.unit))
      }
      return patches
    }
  }

  func present(
    _ patches: [Patch], of item: WorkItem<Int>, _ found: Hits, drawn rendering: SaliencyRendering
  ) throws -> ItemResult<NoFacts> {
    let sheet = try PatchSheet.picture(
      Array(zip(patches, found.pictures.map(\.shown))).map { (patch: $0, crop: $1) }, columns: Patch.columns(top))
    let record = CommonFacts(
      item: item.name, kind: Self.command, class: ItemNames.name(of: item.name),
      className: "channel \(item.subject) of \(job.layer)", score: found.hits[0].unit.activation, posterior: .nan, top5: [])
    let sources = found.hits.map { FilePath.name(of: $0.path) }
    let attributes: [String: ParameterValue] = [
      "sources": .text(try ResultJSON.text(sources)),
      "inputs_sha256": .text(try ResultJSON.text(found.pictures.map { $0.inputDigest(mean: network.mean) })),
    ]
    return ItemResult(ResultRecord(record, NoFacts()), dataSets: patches.dataSets, attributes: attributes, picture: sheet.png)
  }

  /// Counts pictures that couldn't be read as failures too, and draws all channels in one picture.
  func conclude(
    _ summary: inout JobSummary, in store: ResultStore, engine: Reconstructor?, savingSeconds seconds: Double,
    _ communicator: Communicator
  ) throws {
    let missed = (strongest.unread ?? []).sorted { $0.item < $1.item }
    summary.failures = missed + summary.failures
    (summary.failed, summary.total) = (summary.failures.count, summary.total + missed.count)
    try communicator.onFirst {
      if !missed.isEmpty { try store.write(summary) }
      let items = try EarlierResults(in: store.folder).items(named: channels.map(name))
      let pictures = items.prefix(Self.sheetChannels).compactMap { try? Picture(contentsOf: store.picturePath(of: $0)) }
      guard !pictures.isEmpty else { return }
      try Picture.grid(pictures, columns: Patch.columns(pictures.count), gap: 12).writePNG(to: store.path(ContactSheet.file))
      // The page is made again, because it links the sheet.
      try gallery(results: store.folder)
    }
  }
}
