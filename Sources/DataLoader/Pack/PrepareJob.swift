import Cluster
import DataSets
import Files
import Foundation
import Images
import Synchronization
import Threads

/// Turns a picture folder into a pack, on all ranks; a shard is a unit of work. Finished shards aren't made again, and the pack's
/// bytes depend only on the folder and the settings.
public struct PrepareJob: Sendable {
  public var data: String
  public var output: String
  public var settings = PackSettings()
  /// The number of pictures per shard; nil for the default of `PackSettings`.
  public var shardPictures: Int?
  public var threads = 1
  /// The share of the pictures that may be unreadable, 0 … 1.
  public var badFileLimit = 0.01
  /// True to remove a pack with other settings first.
  public var overwrite = false

  public init(data: String, output: String) {
    self.data = data
    self.output = output
  }

  /// The work that remains, as rank 0 has found it in the output folder.
  private struct Plan: Codable {
    /// The numbers of the shards that are still to be made.
    var missing: [Int]
    /// True if the pack is complete and there is nothing to do.
    var isWhole: Bool
  }

  /// Makes the pack.
  ///
  /// - Parameters:
  ///   - progress: Called on rank 0 with the number of finished pictures and of all pictures, by any thread.
  ///   - note: Called on rank 0 with sentences about the data.
  /// - Throws: `DataError` for a folder that is no data set, or with too many bad files; `JobError` for a pack with other
  ///   settings; `FileError` or `HDF5Error` if something can't be written. Finished shards stay.
  /// - Note: collective
  public func run(
    _ communicator: Communicator, progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void,
    note: (String) -> Void
  ) throws -> PrepareSummary {
    let start = ContinuousClock.now
    let set = try PictureSet(contentsOf: data, archivesKeptIn: PackFolder(output).parts, communicator)
    guard set.pack == nil else { throw JobError.wrongUse("--data \(data) is a pack already; give a picture folder") }
    try set.requireSameOnAllRanks(communicator)
    var settings = settings
    settings.describe(set, shardPictures: shardPictures)
    let shards = settings.shards
    let folder = PackFolder(output)
    let maker = ShardMaker(set: set, settings: settings, folder: folder, threads: threads)
    let plan: Plan = try communicator.onFirst(.reading) {
      set.summary.map(note)
      set.notes.forEach(note)
      for split in Split.allCases { try set.annotations(split)?.requireArchives() }
      return try open(folder, maker, shards, note: note)
    }

    let total = shards.reduce(0) { $0 + $1.samples.count }
    let missing = plan.missing.reduce(0) { $0 + shards[$1].samples.count }
    // Counts the pictures of all finished shards, and the shards of this run.
    let tally = Mutex((done: total - missing, shards: 0))
    let queue = try WorkQueue(count: shards.count, order: plan.missing, communicator: communicator) { item, _ in
      let done = tally.withLock {
        $0.done += shards[item].samples.count
        $0.shards += 1
        return $0.done
      }
      StopRequest.workWasDone()
      progress(done, total)
    }
    while !StopRequest.isRequested, let item = try queue.next() {
      let part = try maker.make(shards[item]) { own in
        // The last pictures are reported only with the whole shard.
        guard communicator.rank == 0, own < shards[item].samples.count else { return }
        progress(tally.withLock { $0.done } + own, total)
      }
      guard part != nil else { break }
      try queue.report(item)
      StopRequest.workWasDone()
    }
    Activity.enter(.unknown)
    try queue.finish()
    // A killed rank of an earlier attempt may have lived longer than this one's start. Only its own host knows that it is gone.
    TemporaryFile.removeLeftovers(in: folder.path)

    return try communicator.onFirst(.reading) {
      let made = tally.withLock { $0.shards }
      var own = PrepareSummary(
        shards: shards.count, made: made, wasStopped: made < plan.missing.count, wasWhole: plan.isWhole, pictures: total,
        picturesMade: tally.withLock { $0.done } - (total - missing))
      if !own.wasStopped {
        if !plan.isWhole {
          Activity.enter(.saving)
          try PackAssembly(set: set, settings: settings, folder: folder, badFileLimit: badFileLimit).write()
        }
        try own.read(folder)
        StopRequest.workWasDone()
      }
      own.seconds = start.secondsSince
      return own
    }
  }

  // MARK: Rank 0

  private func open(_ folder: PackFolder, _ maker: ShardMaker, _ shards: [Shard], note: (String) -> Void) throws -> Plan {
    let files = FileManager.default
    // An attempt that finished no shard, for example for lack of space, doesn't bind later ones to its settings.
    if try overwrite || !folder.holdsWork() { try folder.removePack() }
    if let settings = try OwnFiles.bytes(folder.settings) {
      let found = try PackSettings(json: String(decoding: settings, as: UTF8.self), path: folder.settings)
      if let difference = maker.settings.difference(from: found) {
        throw JobError.wrongUse(
          "\(output) holds a pack that can't be gone on with: \(difference); choose another --output or give --overwrite")
      }
    } else {
      if let foreign = try OwnFiles.names(in: output).first(where: {
        !$0.hasPrefix(".") && $0 != FirstWorkMark.name("shard")
      }) {
        throw JobError.wrongUse("\(output) holds \(foreign), and is no pack of deepinside's; choose another --output")
      }
      try FilePath.makeFolder(folder.path)
      try AtomicFile.write(maker.settings.json(), to: folder.settings)
    }
    if files.fileExists(atPath: folder.index) {
      let pack = try Pack(contentsOf: output)
      try? files.removeItem(atPath: folder.parts)
      note("\(output) is whole already: \(pack.train.rows.count + pack.val.rows.count) pictures")
      return Plan(missing: [], isWhole: true)
    }
    try? files.createDirectory(atPath: folder.parts, withIntermediateDirectories: true)
    maker.set.keepArchives(in: folder.parts)
    let missing = shards.indices.filter { !isWhole(shards[$0], folder, maker.settings) }
    if missing.count < shards.count { note("\(shards.count - missing.count) of \(shards.count) shards are whole already") }
    try requireSpace(for: missing.map { shards[$0] }, maker, folder, note: note)
    return Plan(missing: missing, isWhole: false)
  }

  /// True if the shard's part is readable, and the shard's file has the length that the part states.
  private func isWhole(_ shard: Shard, _ folder: PackFolder, _ settings: PackSettings) -> Bool {
    // Most parts don't exist yet. That is no fault of the storage, so they must not be waited for.
    let path = folder.part(of: shard)
    guard FileManager.default.fileExists(atPath: path),
      let part = try? ShardPart(contentsOf: path, count: shard.samples.count, settings: settings)
    else { return false }
    return fileSize(folder.file(of: shard)) == part.rows.lengths.reduce(0) { $0 + Int($1) }
  }

  /// Throws if there isn't enough space: packs a few pictures to estimate what all of them need, and compares that with the free
  /// bytes.
  private func requireSpace(for shards: [Shard], _ maker: ShardMaker, _ folder: PackFolder, note: (String) -> Void) throws {
    let most = 48
    let samples = shards.flatMap { shard in shard.samples.lazy.map { (shard.split, $0) } }
    guard !samples.isEmpty else { return }
    let tried = stride(from: 0, to: samples.count, by: max(1, samples.count / most)).map { samples[$0] }
    let sizes = Mutex(0)
    try forEachInParallel(0..<tried.count, threads: threads) { index throws(DataError) in
      let (split, number) = tried[index]
      let sample = maker.set.samples(split)[number]
      guard let packer = try? PicturePacker(split, maker.settings, annotations: nil) else { return }
      let packed = try packer.pack(sample.path, name: sample.path.written, wnid: "")
      sizes.withLock { $0 += packed.bytes.count }
    }
    let needed = sizes.withLock { $0 } / tried.count * samples.count
    guard let free = freeBytes(of: folder.path) else { return }
    note("about \(megabytes(needed)) are to be written, \(megabytes(free)) are free")
    // The estimate may be too high by a little, so it needs to fit only to 90 %.
    guard Double(free) > 0.9 * Double(needed) else {
      throw JobError(
        "\(folder.path): about \(megabytes(needed)) are needed for \(samples.count) pictures, and only \(megabytes(free)) are free; "
          + "free space, choose another --output, or a smaller --shorter-side")
    }
  }
}

/// The result of `prepare`.
public struct PrepareSummary: Sendable, Codable {
  public var shards: Int
  /// The number of shards that this run has made.
  public var made: Int
  /// True if the run was asked to stop; finished shards stay.
  public var wasStopped: Bool
  /// True if the pack was already complete.
  public var wasWhole: Bool
  public var pictures: Int
  public var picturesMade: Int
  public var bytes = 0
  /// The number of lines in `report.csv` for each kind of finding.
  public var findings: [String: Int] = [:]
  public var seconds = 0.0

  /// Fills in the facts of a complete pack.
  fileprivate mutating func read(_ folder: PackFolder) throws {
    let pack = try Pack(contentsOf: folder.path)
    bytes = pack.byteCount
    findings = pack.findingCounts
  }
}

func megabytes(_ bytes: Int) -> String {
  bytes >= 1_000_000_000 ? String(format: "%.1f GB", Double(bytes) / 1e9) : String(format: "%.1f MB", Double(bytes) / 1e6)
}
