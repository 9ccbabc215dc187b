import Attribution
import Cluster
import ConvNet
import Files
import Foundation
import Images
import Results

/// The command `reconstruct --top N`: finds, for every channel of a layer, the N pictures of a data set that activate it most,
/// and reconstructs the strongest unit in each, as in Zeiler and Fergus's figure 2.
public struct TopPicturesJob {
  /// The file with the strongest pictures of each channel, which is kept so that a second run needn't scan all pictures again.
  static let scanFile = "strongest.json"

  public var job: ReconstructionJob
  /// The number of pictures per channel.
  public var top: Int

  public init(_ job: ReconstructionJob, top: Int) {
    self.job = job
    self.top = top
  }

  /// Scans all pictures, then makes the results that are missing: one item per channel, and `contact-sheet.png` of all channels.
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
    // The listing doesn't depend on where the folder is.
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
    // Whether the folder can be continued is checked before the long work.
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
        reconstructor: job.makeEngine(job.setting.batch), communicator: communicator, progress: progress)
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

  /// Reads the lists that an earlier run has found; nil if there are none.
  ///
  /// - Throws: `ResultsError` if the file has another form.
  private func earlierScan(_ store: ResultStore) throws -> StrongestPictures? {
    try ResultJSON.file(StrongestPictures.self, store.path(Self.scanFile))
  }

  /// True if the lists are of other pictures, or if a picture that couldn't be read then can be read now: it may be among the
  /// strongest of any channel.
  private func isOutdated(_ found: StrongestPictures, origin: [String], _ paths: [String: String]) -> Bool {
    let unread = (found.unread ?? []).map { paths[$0.item] ?? $0.item }
    return found.origin != origin
      || TestPicture.read(unread.map(FileName.init(written:)), job.network).contains { (try? $0.get()) != nil }
  }

  /// The command line refuses a place of a unit, which a channel's strongest pictures don't have.
  private var parameters: [String: ParameterValue] {
    var all = job.parameters
    (all["units"], all["unit"], all["top"]) = (nil, nil, .number(Double(top)))
    return all
  }
}
