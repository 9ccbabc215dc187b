import Files
import Foundation

/// A class of pictures: its synset id names it everywhere, its words are for people.
public struct ClassID: Sendable, Hashable, Codable {
  /// The WordNet id, such as n01440764; the name of the class folder.
  public let wnid: String
  /// Its words, such as "tench, Tinca tinca"; the id again when no list of words is there.
  public let name: String

  public init(wnid: String, name: String) {
    self.wnid = wnid
    self.name = name
  }
}

/// A picture file and the index of its class in `DataSet.classes`.
public struct Sample: Sendable, Hashable {
  public let path: FileName
  public let label: Int

  public init(path: FileName, label: Int) {
    self.path = path
    self.label = label
  }
}

/// The pictures of a folder in ILSVRC layout: lists only, nothing is decoded.
///
/// `train/<wnid>/*`, and one of: `val/<wnid>/*`; a flat `val/` with `val.txt`, with `LOC_val_solution.csv`, or with the
/// devkit's ground truth and meta file (see `ValidationLabels`). A folder may have `val/` alone. Classes are in the order
/// of their ids (ILSVRC's sorted order); files in the order of their names, by bytes: every rank gets the same lists.
/// Pictures may lie in folders inside their class's. What is no picture is passed over and counted in the notes; a name says
/// little, the content decides. Ids of classes are the names of their folders as `FileName.written` has them.
public struct DataSet: Sendable {
  public let root: String
  /// In the order of the labels: sorted by wnid.
  public let classes: [ClassID]
  public let train: [Sample]
  public let val: [Sample]
  /// Oddities that don't stop the work, a sentence each: for the log and the report.
  public let notes: [String]

  public init(root: String, classes: [ClassID], train: [Sample], val: [Sample], notes: [String] = []) {
    self.root = root
    self.classes = classes
    self.train = train
    self.val = val
    self.notes = notes
  }

  /// Lists the pictures under `root`.
  ///
  /// - Parameter classes: the classes of a trained network, when labels must count in its order; by default they are
  ///   those of `train/`, and without it those of `val/`.
  /// - Throws: `DataError` when there is no such folder, no known layout, a class without training pictures, or a
  ///   validation class that isn't among the classes.
  public init(contentsOf root: String, classes: [ClassID]? = nil) throws(DataError) {
    guard FolderListing.isFolder(root) else {
      throw DataError(
        .unreadable, "no data folder at \(root); give the folder that holds train/ and val/, or a pack, with --data")
    }
    var notes: [String] = []
    let words = try Self.readWords(root)
    let hasTrain = FolderListing.isFolder("\(root)/train")
    let hasVal = FolderListing.isFolder("\(root)/val")
    guard hasTrain || hasVal else { throw try Self.layoutError(root) }

    let found = hasTrain ? try ClassFolder.all(in: FileName("\(root)/train"), shown: "train") : ClassFolder.Found()
    let trainFolders = found.folders
    let validation = hasVal ? try ValidationSet(root: root, trainClasses: trainFolders.map(\.wnid), words: words) : nil
    notes += found.notes + (validation?.notes ?? [])
    var passedOver = found.passedOver
    if let validation { passedOver.add(validation.passedOver) }
    notes += passedOver.sentences

    let wnids = classes?.map(\.wnid) ?? (hasTrain ? trainFolders.map(\.wnid) : validation?.classes ?? [])
    var labels: [String: Int] = [:]
    for (label, wnid) in wnids.enumerated() { labels[wnid] = label }

    var train: [Sample] = []
    for folder in trainFolders {
      guard !folder.files.isEmpty else {
        throw DataError(
          .layout,
          "class folder \(root)/train/\(folder.wnid) has no pictures; add some or remove the folder"
            + found.passedOver.sentences.map { "; " + $0 }.joined())
      }
      guard let label = labels[folder.wnid] else {
        throw DataError(
          .labels, "class \(folder.wnid) of \(root)/train isn't among the network's \(wnids.count) classes")
      }
      train += folder.files.map { Sample(path: $0, label: label) }
    }

    var val: [Sample] = []
    for item in validation?.items ?? [] {
      guard let label = labels[item.wnid] else {
        throw DataError(
          .labels,
          "validation picture \(item.path) is of class \(item.wnid), which isn't among the \(wnids.count) classes of "
            + (classes == nil ? "\(root)/train" : "the network") + "; remove it or train with that class")
      }
      val.append(Sample(path: item.path, label: label))
    }
    self.root = root
    self.classes = classes ?? wnids.map { ClassID(wnid: $0, name: words[$0] ?? $0) }
    self.train = train
    self.val = val
    self.notes = notes
  }

  /// Words by wnid from `synset_words.txt` (or Kaggle's `LOC_synset_mapping.txt`): a line is "wnid words".
  static func readWords(_ root: String) throws(DataError) -> [String: String] {
    guard let path = findList(["synset_words.txt", "LOC_synset_mapping.txt"], in: root) else { return [:] }
    return Dictionary(try readClassList(path).entries.map { ($0.wnid, $0.words ?? $0.wnid) }, uniquingKeysWith: { $1 })
  }

  private static func layoutError(_ root: String) throws(DataError) -> DataError {
    let listing = try folderContents(FileName(root))
    let found = listing.folders.map { "\($0)/" } + listing.files.map(\.written)
    let shown = found.prefix(6).joined(separator: ", ") + (found.count > 6 ? ", … (\(found.count) in all)" : "")
    let hint =
      listing.folders.contains { $0.bytes.first == UInt8(ascii: "n") && $0.bytes.count == 9 }
      ? "; these look like class folders: move them into \(root)/train" : "; `synthesize` makes an example"
    return DataError(
      .layout,
      "\(root) has neither train/ nor val/ (found: \(found.isEmpty ? "nothing" : shown)); expected "
        + "train/<wnid>/<picture> and val/<wnid>/<picture>\(hint)")
  }
}
