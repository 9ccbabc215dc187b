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
  public let path: String
  public let label: Int

  public init(path: String, label: Int) {
    self.path = path
    self.label = label
  }
}

/// The pictures of a folder in ILSVRC layout: lists only, nothing is decoded.
///
/// `train/<wnid>/*`, and one of: `val/<wnid>/*`; a flat `val/` with `val.txt`, with `LOC_val_solution.csv`, or with the
/// devkit's ground truth and meta file (see `ValidationLabels`). A folder may have `val/` alone. Classes are in the order
/// of their ids (ILSVRC's sorted order); files in the order of their names, by bytes: every rank gets the same lists.
/// Hidden files are skipped, any name is taken for a picture: its content decides.
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

    let trainFolders = hasTrain ? try Self.classFolders("\(root)/train") : []
    let validation = hasVal ? try ValidationSet(root: root, trainClasses: trainFolders.map(\.wnid), words: words) : nil
    if let validation { notes += validation.notes }

    let wnids = classes?.map(\.wnid) ?? (hasTrain ? trainFolders.map(\.wnid) : validation?.classes ?? [])
    var labels: [String: Int] = [:]
    for (label, wnid) in wnids.enumerated() { labels[wnid] = label }

    var train: [Sample] = []
    for folder in trainFolders {
      guard !folder.files.isEmpty else {
        throw DataError(
          .layout, "class folder \(root)/train/\(folder.wnid) has no pictures; add some or remove the folder")
      }
      guard let label = labels[folder.wnid] else {
        throw DataError(
          .labels, "class \(folder.wnid) of \(root)/train isn't among the network's \(wnids.count) classes")
      }
      train += folder.files.map { Sample(path: "\(root)/train/\(folder.wnid)/\($0)", label: label) }
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

  struct ClassFolder {
    let wnid: String
    let files: [String]
  }

  /// The class folders in `path` with their files, sorted.
  static func classFolders(_ path: String) throws(DataError) -> [ClassFolder] {
    let listing = try FolderListing(path)
    guard !listing.folders.isEmpty else {
      throw DataError(
        .layout,
        "\(path) has no class folders (found \(listing.files.count) files); expected \(path)/<wnid>/<picture>, a folder a class")
    }
    var folders: [ClassFolder] = []
    for wnid in listing.folders {
      let content = try FolderListing("\(path)/\(wnid)")
      if content.files.isEmpty, let inner = content.folders.first {
        throw DataError(
          .layout, "\(path)/\(wnid) holds folders (\(inner), …) where pictures are expected; move them one level up")
      }
      folders.append(ClassFolder(wnid: wnid, files: content.files))
    }
    return folders
  }

  /// Words by wnid from `synset_words.txt` (or Kaggle's `LOC_synset_mapping.txt`): a line is "wnid words".
  static func readWords(_ root: String) throws(DataError) -> [String: String] {
    guard let path = findList(["synset_words.txt", "LOC_synset_mapping.txt"], in: root) else { return [:] }
    var words: [String: String] = [:]
    for line in try readLines(path) {
      let parts = line.split(separator: " ", maxSplits: 1)
      guard let wnid = parts.first else { continue }
      words[String(wnid)] = parts.count > 1 ? String(parts[1]) : String(wnid)
    }
    return words
  }

  private static func layoutError(_ root: String) throws(DataError) -> DataError {
    let listing = try FolderListing(root)
    let found = (listing.folders.map { "\($0)/" } + listing.files)
    let shown = found.prefix(6).joined(separator: ", ") + (found.count > 6 ? ", … (\(found.count) in all)" : "")
    let hint =
      listing.folders.contains { $0.hasPrefix("n") && $0.count == 9 }
      ? "; these look like class folders: move them into \(root)/train" : "; `synthesize` makes an example"
    return DataError(
      .layout,
      "\(root) has neither train/ nor val/ (found: \(found.isEmpty ? "nothing" : shown)); expected "
        + "train/<wnid>/<picture> and val/<wnid>/<picture>\(hint)")
  }
}
