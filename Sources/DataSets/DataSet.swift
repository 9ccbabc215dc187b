import Files

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

/// The pictures of a folder in any of the forms that `Layout` knows: lists only, nothing is decoded.
///
/// Classes are in the order of their ids (ILSVRC's sorted order); pictures in the order of their class's id, then of their place
/// in the class by bytes, whatever the form: every rank, and every form of the same pictures, gets the same lists. Pictures may
/// lie in folders inside their class's. What is no picture is passed over and counted in the notes; a name says little, the
/// content decides. Ids of classes are the names of their folders as `FileName.written` has them.
public struct DataSet: Sendable {
  public let root: String
  /// Where its parts lie; nil for a pack's lists.
  public let layout: Layout?
  /// In the order of the labels: sorted by wnid.
  public let classes: [ClassID]
  public let train: [Sample]
  public let val: [Sample]
  /// Oddities that don't stop the work, a sentence each: for the log and the report.
  public let notes: [String]

  public init(
    root: String, layout: Layout? = nil, classes: [ClassID], train: [Sample], val: [Sample], notes: [String] = []
  ) {
    self.root = root
    self.layout = layout
    self.classes = classes
    self.train = train
    self.val = val
    self.notes = notes
  }

  public func samples(_ split: Split) -> [Sample] { split == .train ? train : val }

  /// Lists the pictures under `root`.
  ///
  /// - Parameter classes: the classes of a trained network, when labels must count in its order; by default they are
  ///   those of the training pictures, and without such those of the validation pictures.
  /// - Throws: `DataError` when there is no such folder, no known layout, a class without training pictures, or a
  ///   validation class that isn't among the classes.
  public init(contentsOf root: String, classes: [ClassID]? = nil) throws(DataError) {
    let layout = try Layout(of: root, classes: classes?.map(\.wnid))
    let words = try ClassWords(layout)
    let sharded = layout.form == .webDataset ? try ShardedPictures(layout, classes: classes?.map(\.wnid)) : nil
    let unsharded = sharded == nil ? layout.train : nil
    let found =
      try unsharded.map { folder throws(DataError) in try ClassFolder.all(in: folder, .train, layout) } ?? sharded?.found
      ?? ClassFolder.Found()
    let trainClasses = found.folders.map(\.wnid)
    var validation = sharded.map { ValidationSet($0, layout) }
    if sharded == nil, layout.val != nil {
      validation = try ValidationSet(layout, trainClasses: trainClasses, network: classes?.map(\.wnid), words: words)
    }
    var passedOver = found.passedOver
    if let validation { passedOver.add(validation.passedOver) }

    let wnids = classes?.map(\.wnid) ?? (layout.train != nil ? trainClasses : validation?.classes ?? [])
    let labels = Dictionary(wnids.enumerated().map { ($1, $0) }, uniquingKeysWith: { $1 })
    train = try Self.samples(found, labels, layout)
    let source = classes == nil ? layout.train ?? root : "the network"
    val = try (validation?.items ?? []).map { item throws(DataError) in
      guard let label = labels[item.wnid] else {
        throw DataError(
          .labels,
          "validation picture \(item.path) is of class \(item.wnid), which isn't among the \(wnids.count) classes of "
            + "\(source); remove it or train with that class")
      }
      return Sample(path: item.path, label: label)
    }
    self.root = root
    self.layout = layout
    self.classes = classes ?? wnids.map { ClassID(wnid: $0, name: words.words[$0] ?? $0) }
    notes = found.notes + (validation?.notes ?? []) + passedOver.sentences
  }

  /// The training pictures of all class folders.
  private static func samples(
    _ found: ClassFolder.Found, _ labels: [String: Int], _ layout: Layout
  ) throws(DataError) -> [Sample] {
    var samples: [Sample] = []
    for folder in found.folders {
      guard !folder.files.isEmpty else {
        throw DataError(
          .layout,
          "class folder \(layout.train ?? layout.root)/\(folder.wnid) has no pictures; add some or remove the folder"
            + found.passedOver.sentences.map { "; " + $0 }.joined())
      }
      guard let label = labels[folder.wnid] else {
        throw DataError(
          .labels,
          "class \(folder.wnid) of \(layout.train ?? layout.root) isn't among the network's \(labels.count) classes")
      }
      samples += folder.files.map { Sample(path: $0, label: label) }
    }
    return samples
  }
}
