import Checkpoint
import Cluster
import Data
import DataSets
import Files
import Foundation

/// The pictures of a folder, or of a pack. A pack gives the same lists as the folder that it was made from, with paths relative
/// to that folder.
@dynamicMemberLookup
public struct PictureSet: Sendable {
  private let lists: DataSet
  /// The pack that holds the pictures; nil for a folder of files.
  public let pack: Pack?

  /// - Parameter classes: See `DataSet`.
  /// - Throws: Like `DataSet`, and `HDF5Error` for a pack with a damaged index.
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

  /// Lists the same set on all ranks, which share the listing of archives.
  ///
  /// - Parameter folder: A folder that may hold the indices of archives from an earlier start; nil for none.
  /// - Note: collective
  public init(
    contentsOf root: String, classes: [ClassID]? = nil, archivesKeptIn folder: String?, _ communicator: Communicator
  ) throws {
    try communicator.listArchives(keptIn: folder) { try Self.archives(of: root, classes: classes?.map(\.wnid)) }
    try self.init(contentsOf: root, classes: classes)
  }

  /// The archives of a data folder's pictures. Problems with the folder are reported later.
  private static func archives(of root: String, classes: [String]?) throws -> [FileName] {
    do throws(StoragePatience.Trouble) { try StoragePatience.waitForRoot(root) } catch { throw DataError(error) }
    if let archive = FilePath.archive(of: FileName(root)) { return [archive] }
    return PackFolder.isPack(root) ? [] : (try? Layout(of: root, classes: classes))?.archives ?? []
  }

  /// Writes the indices of the set's archives for a later start, if they can be written. Only rank 0 calls it.
  package func keepArchives(in folder: String) {
    let archives = lists.layout?.archives ?? []
    let kept = archives.isEmpty ? [:] : SharedIndex.kept(in: folder)
    guard archives.contains(where: { kept[$0.absolute] == nil }) else { return }
    try? SharedIndex.keep(archives.compactMap { try? SharedIndex(outerOf: $0) }, in: folder)
  }

  public subscript<Value>(dynamicMember path: KeyPath<DataSet, Value>) -> Value { lists[keyPath: path] }

  public func samples(_ split: Split) -> [Sample] { lists.samples(split) }

  /// The ids in the list of classes that lies beside the pictures; empty if there is none, or for a pack.
  package func listedClasses() throws(DataError) -> [String] { try lists.listedClasses() }

  /// The names of the pictures; see `DataSet.Names`.
  package func names(_ split: Split) -> DataSet.Names { lists.names(split) }

  /// The boxes of a split's pictures; nil for a pack, which holds its own.
  package func annotations(_ split: Split) -> SplitAnnotations? { lists.layout.map { SplitAnnotations($0, split) } }

  /// The pictures of a split, from the folder's files or from the pack.
  ///
  /// - Parameter geometry: How they become inputs.
  /// - Throws: `JobError` if a pack's pictures are smaller than the geometry needs, `DataError` if a shard can't be opened.
  public func source(_ split: Split, geometry: InputGeometry) throws -> any PictureSource {
    let samples = samples(split)
    if let pack { return try PackSource(pack, split, samples: samples, geometry: geometry) }
    return FolderSource(samples: samples, geometry: geometry)
  }

  /// A warning that inputs from this set differ from those that a network was trained on; nil if they are the same.
  ///
  /// A pack's pictures were reduced to its own shorter side before, which rounds pixels once more (or once less) than the way
  /// from files to this network's inputs.
  public func disagreement(with geometry: InputGeometry) -> String? {
    guard let pack, !geometry.agrees(withPackAt: pack.settings.shorterSide) else { return nil }
    let way = (geometry.packedSide.map { "\($0), then to " } ?? "") + "\(geometry.shorterSide)"
    return
      "\(pack.path) keeps pictures of a shorter side of \(pack.settings.shorterSide) pixels, and the network's were resized to "
      + "\(way): its inputs differ by rounding from those of the picture files"
  }

  /// The facts about the pictures that checkpoints keep, to recognise the set again.
  package var identity: TrainingData {
    TrainingData(
      trainPictures: lists.train.count, validationPictures: lists.val.count, trainListing: listing(of: .train),
      validationListing: listing(of: .val))
  }

  /// The SHA-256 of a split's list: labels and names.
  private func listing(of split: Split) -> String {
    var hasher = SHA256()
    add(split, to: &hasher)
    return hasher.finish()
  }

  private func add(_ split: Split, to hasher: inout SHA256) {
    let names = names(split)
    for sample in samples(split) { hasher.update("\(sample.label) \(names.name(of: sample).written)\n") }
  }

  /// The SHA-256 of the whole list: classes, labels and names.
  var listing: String {
    var hasher = SHA256()
    for known in lists.classes { hasher.update("\(known.wnid)\n") }
    for split in Split.allCases { add(split, to: &hasher) }
    return hasher.finish()
  }

  /// Checks that all ranks list the same pictures: with different ones they would compute nonsense together.
  ///
  /// - Throws: `JobError` if a rank lists other pictures than rank 0.
  /// - Note: collective
  package func requireSameOnAllRanks(_ communicator: Communicator) throws {
    // A folder and its pack have the same list, but the mean is found in different ways: all ranks must have the folder, or all
    // the pack.
    let all = try communicator.allGather("\(listing) \(pack == nil ? "folder" : "pack")")
    if let other = all.firstIndex(where: { $0 != all[0] }) {
      throw JobError.badData(
        "rank \(other) lists other pictures in \(lists.root) than rank 0; all hosts must see the same folder")
    }
  }
}
