import Files

/// A class of pictures. Its synset id identifies it everywhere; its name is for people.
public struct ClassID: Sendable, Hashable, Codable {
  /// The WordNet id, such as n01440764, which is the name of the class folder.
  public let wnid: String
  /// The class's name, such as "tench, Tinca tinca"; the id if there is no list of names.
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

/// The pictures of a folder in any of the forms that `Layout` knows, as lists only: nothing is decoded.
///
/// Classes are in the order of their ids (ILSVRC's sorted order). Pictures are in the order of their class's id, then of the
/// bytes of their place in the class, whatever the form: so every rank, and every form of the same pictures, gets the same lists.
/// Pictures may lie in folders inside their class's folder. Files that are no pictures are passed over and counted in the notes;
/// the content decides, because a name proves little. Ids of classes are the names of their folders in the form
/// `FileName.written`.
public struct DataSet: Sendable {
  public let root: String
  /// The layout of the folder; nil for a pack's lists.
  public let layout: Layout?
  /// The classes in the order of the labels: sorted by wnid.
  public let classes: [ClassID]
  public let train: [Sample]
  public let val: [Sample]
  /// Oddities that don't stop the work, each as a sentence for the log and the report.
  public let notes: [String]

  public init(
    root: String, layout: Layout? = nil, classes: [ClassID], train: [Sample], val: [Sample], notes: [String] = []
  ) {
    (self.root, self.layout, self.classes, self.train) = (root, layout, classes, train)
    (self.val, self.notes) = (val, notes)
  }

  public func samples(_ split: Split) -> [Sample] { split == .train ? train : val }

  /// Lists the pictures under `root`.
  ///
  /// - Parameter classes: The classes of a trained network, if labels must count in its order. By default they are those of the
  ///   training pictures, or, if there are none, those of the validation pictures.
  /// - Throws: `DataError` if there is no such folder, no known layout, a class without training pictures, or a validation class
  ///   that isn't among the classes.
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
    passedOver.add(layout.unused)

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
    guard !train.isEmpty || !val.isEmpty else {
      throw DataError(
        .layout, "\(root) has no pictures \(layout.form.phrase)" + passedOver.sentences.map { "; " + $0 }.joined())
    }
    self.root = root
    self.layout = layout
    self.classes = classes ?? wnids.map { ClassID(wnid: $0, name: words.words[$0] ?? $0) }
    let numbering = sharded?.hasNumbers == true && !words.hasNumbers ? words.note : nil
    notes = found.notes + (validation?.notes ?? []) + [numbering].compactMap { $0 } + passedOver.sentences
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
