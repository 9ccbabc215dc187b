import Checkpoint
import Cluster
import Data
import DataSets
import Files
import Foundation

/// The pictures of a folder, or of a pack, which gives the same lists as the folder that it was made from, with paths relative
/// to that.
@dynamicMemberLookup
public struct PictureSet: Sendable {
  private let lists: DataSet
  /// The pack that holds the pictures, nil for a folder of files.
  public let pack: Pack?

  /// - Parameter classes: see `DataSet`.
  /// - Throws: as `DataSet` does, and `HDF5Error` for a pack with a damaged index.
  public init(contentsOf root: String, classes: [ClassID]? = nil) throws {
    (lists, pack) = try Activity.during(.listing) {
      do throws(StoragePatience.Trouble) { try StoragePatience.waitForRoot(root) } catch { throw DataError(error) }
      if PackFolder.isPack(root) {
        let pack = try Pack(contentsOf: root)
        return (try pack.lists(classes: classes), pack)
      }
      return (try DataSet(contentsOf: root, classes: classes), nil)
    }
  }

  /// The same on all ranks, which list archives together.
  ///
  /// - Parameter folder: where the indices of archives may be kept from an earlier start.
  /// - Note: collective
  public init(
    contentsOf root: String, classes: [ClassID]? = nil, archivesKeptIn folder: String?, _ communicator: Communicator
  ) throws {
    try communicator.listArchives(keptIn: folder) { try Self.archives(of: root, classes: classes?.map(\.wnid)) }
    try self.init(contentsOf: root, classes: classes)
  }

  /// The archives of a data folder's pictures; what is wrong with the folder is said later.
  private static func archives(of root: String, classes: [String]?) throws -> [FileName] {
    do throws(StoragePatience.Trouble) { try StoragePatience.waitForRoot(root) } catch { throw DataError(error) }
    if let archive = FilePath.archive(of: FileName(root)) { return [archive] }
    return PackFolder.isPack(root) ? [] : (try? Layout(of: root, classes: classes))?.archives ?? []
  }

  /// Keeps the indices of its archives for a later start, where they can be written; for rank 0.
  package func keepArchives(in folder: String) {
    let archives = lists.layout?.archives ?? []
    let kept = archives.isEmpty ? [:] : SharedIndex.kept(in: folder)
    guard archives.contains(where: { kept[$0.absolute] == nil }) else { return }
    try? SharedIndex.keep(archives.compactMap { try? SharedIndex(outerOf: $0) }, in: folder)
  }

  public subscript<Value>(dynamicMember path: KeyPath<DataSet, Value>) -> Value { lists[keyPath: path] }

  public func samples(_ split: Split) -> [Sample] { lists.samples(split) }

  /// The ids of the list of classes beside the pictures; empty when there is none, or for a pack.
  package func listedClasses() throws(DataError) -> [String] { try lists.listedClasses() }

  /// See `DataSet.Names`.
  package func names(_ split: Split) -> DataSet.Names { lists.names(split) }

  /// The boxes of a split's pictures; nil for a pack, which has its own.
  package func annotations(_ split: Split) -> SplitAnnotations? { lists.layout.map { SplitAnnotations($0, split) } }

  /// The pictures of a split, from the folder's files or from the pack.
  ///
  /// - Parameter geometry: how they become inputs.
  /// - Throws: `JobError` when a pack's pictures are smaller than that, `DataError` when a shard can't be opened.
  public func source(_ split: Split, geometry: InputGeometry) throws -> any PictureSource {
    let samples = samples(split)
    if let pack { return try PackSource(pack, split, samples: samples, geometry: geometry) }
    return FolderSource(samples: samples, geometry: geometry)
  }

  /// What is to be said when inputs from this set differ from those that a network was trained on; nil when they are the same.
  ///
  /// A pack's pictures have been reduced to its own shorter side before, which rounds pixels once more (or once less) than the network's
  /// own way from files.
  public func disagreement(with geometry: InputGeometry) -> String? {
    guard let pack, !geometry.agrees(withPackAt: pack.settings.shorterSide) else { return nil }
    let way = (geometry.packedSide.map { "\($0), then to " } ?? "") + "\(geometry.shorterSide)"
    return
      "\(pack.path) keeps pictures of a shorter side of \(pack.settings.shorterSide) pixels, and the network's were resized to "
      + "\(way): its inputs differ by rounding from those of the picture files"
  }

  /// What checkpoints keep of the pictures, to know them again.
  package var identity: TrainingData {
    TrainingData(
      trainPictures: lists.train.count, validationPictures: lists.val.count, trainListing: listing(of: .train),
      validationListing: listing(of: .val))
  }

  /// The SHA-256 of a split's list: names and labels.
  private func listing(of split: Split) -> String {
    var hasher = SHA256()
    add(split, to: &hasher)
    return hasher.finish()
  }

  private func add(_ split: Split, to hasher: inout SHA256) {
    let names = names(split)
    for sample in samples(split) { hasher.update("\(sample.label) \(names.name(of: sample).written)\n") }
  }

  /// The SHA-256 of the list: classes, names and labels.
  var listing: String {
    var hasher = SHA256()
    for known in lists.classes { hasher.update("\(known.wnid)\n") }
    for split in Split.allCases { add(split, to: &hasher) }
    return hasher.finish()
  }

  /// Ranks that see other files would compute nonsense together.
  ///
  /// - Throws: `JobError` when a rank lists other pictures than rank 0.
  /// - Note: collective
  package func requireSameOnAllRanks(_ communicator: Communicator) throws {
    // A folder and its pack have the same list, but the mean is found in other ways: ranks must all have the one or the other.
    let all = try communicator.allGather("\(listing) \(pack == nil ? "folder" : "pack")")
    if let other = all.firstIndex(where: { $0 != all[0] }) {
      throw JobError.badData(
        "rank \(other) lists other pictures in \(lists.root) than rank 0; all hosts must see the same folder")
    }
  }
}
