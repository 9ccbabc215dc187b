import Attribution
import Cluster
import ConvNet
import Files
import Foundation
import Images
import Results

/// The command `reconstruct --top N`: for every channel of a layer the N pictures of a data set that excite it most, with the
/// reconstruction of the strongest unit in each: Zeiler and Fergus's figure 2.
public struct TopPicturesJob {
  /// The strongest pictures of each channel, kept so that a second run needn't look through all of them again.
  static let scanFile = "strongest.json"

  public var job: ReconstructionJob
  /// Pictures a channel.
  public var top: Int

  public init(_ job: ReconstructionJob, top: Int) {
    self.job = job
    self.top = top
  }

  /// Looks through all pictures, then makes what is missing: an item for each channel, and `contact-sheet.png` of them all.
  ///
  /// - Parameter progress: called on rank 0, first for the pictures, then for the channels.
  /// - Note: collective; the pictures of rank 0 count.
  package func run(_ communicator: Communicator, progress: @escaping JobProgress = { _, _ in }) throws -> JobSummary {
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
    let parameters = parameters.merging(["pictures": .text("\(listing)")]) { $1 }
    let store = ResultStore(
      folder: job.output,
      header: ResultHeader(
        command: ReconstructionJob.command, parameters: parameters, net: network, compute: job.setting.compute),
      layout: .ofAllJobs)
    // Whether the folder can be gone on with is known before the long work.
    var known: StrongestPictures?
    try communicator.onFirst(.reading) {
      _ = try store.open(overwrite: job.setting.overwrite)
      try store.refuseForeign()
      known = try earlierScan(store)
      if let found = known, job.setting.overwrite || isOutdated(found, origin: origin, paths) {
        if !job.setting.overwrite {
          communicator.say("pictures have changed since \(store.path(Self.scanFile)) was made: all are looked through again")
        }
        known = nil
        _ = try store.open(overwrite: true)
      }
    }
    if let known, !known.fits(shape) {
      throw ResultsError(
        .badData,
        "\(store.path(Self.scanFile)) has other units than \(job.layer), \(shape); remove it or choose another --output")
    }
    let strongest: StrongestPictures
    if try communicator.agree(on: known != nil, .any) {
      strongest = try communicator.broadcast(known)
    } else {
      strongest = try StrongestPictures.scan(
        pictures, top: top, origin: origin, network: network,
        reconstructor: Reconstructor(
          network.parameters, layer: job.layer, rule: job.rule, batch: job.setting.batch, compute: job.setting.compute,
          progress: { Activity.enter(.item) }),
        communicator: communicator, progress: progress)
      try communicator.onFirst { try AtomicFile.write(ResultJSON.text(strongest), to: store.path(Self.scanFile)) }
    }
    return try ChannelJob(
      job: job, top: top, parameters: parameters, strongest: strongest, paths: paths, channelCount: shape.channels
    )
    .run(communicator, progress: progress)
  }

  private static func digest(_ texts: [String]) -> UInt64 {
    texts.reduce(0xCBF2_9CE4_8422_2325) { ItemNames.hash("\($0) \($1)") }
  }

  /// What an earlier run found out; nil when there was none.
  ///
  /// - Throws: `ResultsError` when the file is somebody else's.
  private func earlierScan(_ store: ResultStore) throws -> StrongestPictures? {
    try ResultJSON.file(StrongestPictures.self, store.path(Self.scanFile))
  }

  /// Whether it is of other pictures, or one that couldn't be read can be now: it may belong to the strongest of any channel.
  private func isOutdated(_ found: StrongestPictures, origin: [String], _ paths: [String: String]) -> Bool {
    let unread = (found.unread ?? []).map { paths[$0.item] ?? $0.item }
    return found.origin != origin
      || TestPicture.read(unread.map(FileName.init(written:)), job.network).contains { (try? $0.get()) != nil }
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
