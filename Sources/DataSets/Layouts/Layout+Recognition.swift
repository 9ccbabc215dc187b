import Files

extension Layout {
  /// Finds out how a folder is arranged.
  ///
  /// - Parameters:
  ///   - root: The folder. If it holds nothing but a single folder, that one counts.
  ///   - classes: The ids that a network knows, if there is a network: a folder of folders with these names is then a set of
  ///     validation pictures.
  /// - Throws: `DataError` if there is no such folder, it can't be listed, or no form is recognised.
  public init(of root: String, classes: [String]? = nil) throws(DataError) {
    guard FilePath.isFolder(root) else { throw ForeignForm.noFolder(root) }
    let contents = try folderContents(FileName(root))
    if let found = try Self.find(root, classes: classes) {
      self = found
      return
    }
    let inside = contents.folders + contents.files.filter { $0.ending == "zip" }
    if inside.count == 1, let name = inside.first?.path, !inside[0].isSynset {
      let inner = FilePath.join(root, name)
      _ = try folderContents(FileName(inner))
      if let found = try Self.find(inner, classes: classes) {
        self = found
        return
      }
    }
    throw Self.unknown(root, contents)
  }

  /// The layout of a folder; nil if it has no known one, or can't be listed.
  ///
  /// - Throws: `DataError` if the folder was there, and stays away; or if it holds pictures in two forms.
  static func find(_ root: String, classes: [String]? = nil) throws(DataError) -> Layout? {
    guard FilePath.isFolder(root) else { return nil }
    let found: Result<Layout?, DataError>
    do throws(StoragePatience.Trouble) {
      found = try StoragePatience.whole(under: FileName(root)) {
        guard let contents = contentsIfThere(root) else { return .success(nil) }
        return Result { () throws(DataError) in try find(root, contents, classes: classes) }
      }
    } catch {
      throw DataError(error)
    }
    return try found.get()
  }

  private static func find(_ root: String, _ contents: FolderContents, classes: [String]?) throws(DataError) -> Layout? {
    if let tree = KaggleTree(around: root) { return tree.layout }
    var tree = tinyImageNet(root, contents)
    if tree == nil { tree = try folders(root, contents) }
    let shards = FilePath.archive(of: FileName(root)) == nil ? WebDataset.shards(in: root, contents) : WebDataset.Shards()
    let used = tree.flatMap { tree in [tree.train, tree.val].compactMap { $0 }.first { holdsPictures(FileName($0)) } }
    if let shard = shards.sampled {
      if let used {
        throw DataError(
          .layout,
          "\(root) holds pictures in two forms: those in \(used), and WebDataset's shards such as \(shard); expected one of them: "
            + "move the others into a folder of their own")
      }
      return webDataset(root, contents, shards)
    }
    if let tree {
      if used == nil, let error = shards.unreadable { throw DataError(error) }
      // Pictures of the other split that lie in Kaggle's tree would be left out.
      let kaggle = KaggleTree(below: root)?.layout
      for split in Split.allCases where tree.folder(of: split) == nil {
        guard let other = kaggle?.folder(of: split) else { continue }
        throw DataError(
          .layout,
          "\(root) holds pictures in two forms: those in \(used ?? root), and \(split.rawValue) pictures of Kaggle's tree in \(other); "
            + "expected one of them: move or link that folder to \(root)/\(split.rawValue)")
      }
      return tree
    }
    return KaggleTree(below: root)?.layout ?? classFolders(root, contents, classes: classes)
  }

  // MARK: - train/ and val/, and what the official archives unpack to

  private static func folders(_ root: String, _ contents: FolderContents) throws(DataError) -> Layout? {
    let official = OfficialFolders(root, contents)
    let (train, val) = (subfolder(.train, of: root), subfolder(.val, of: root))
    let officialTrain = train == nil ? try official.pictures(.train) : nil
    let officialVal = val == nil ? try official.pictures(.val) : nil
    guard train ?? val ?? officialTrain ?? officialVal != nil else { return nil }
    return Layout(
      root: root, form: officialTrain ?? officialVal != nil ? .official : .folders, train: train ?? officialTrain,
      val: val ?? officialVal,
      listFolders: listFolders(root, contents),
      annotationFolders: annotationFolders(in: [root], ["Annotations/*", "Annotations/CLS-LOC/*", "Annotations"])
        .merging(official.annotations) { $0 + $1 })
  }

  // MARK: - WebDataset

  private static func webDataset(_ root: String, _ contents: FolderContents, _ shards: WebDataset.Shards) -> Layout {
    func folder(_ split: Split) -> String? { shards.paths[split]?.first.map { FilePath.folder(of: $0) } }
    return Layout(
      root: root, form: .webDataset, train: folder(.train), val: folder(.val), listFolders: listFolders(root, contents),
      shards: shards.paths)
  }

  // MARK: - Tiny ImageNet

  private static func tinyImageNet(_ root: String, _ contents: FolderContents) -> Layout? {
    let (train, val) = (subfolder(.train, of: root), subfolder(.val, of: root))
    let table = "\(val ?? root)/val_annotations.txt"
    let hasTable = val.map { FilePath.isFile(table) && contentsIfThere($0)?.folders == ["images"] } ?? false
    guard hasTable || train.map(TinyImageNet.isTrain) ?? false else { return nil }
    return Layout(
      root: root, form: .tinyImageNet, train: train, val: hasTable ? val.map { "\($0)/images" } : val,
      labelTable: hasTable ? table : nil, listFolders: listFolders(root, contents),
      annotationFolders: annotationFolders(in: [root], ["Annotations/*", "Annotations"]))
  }

  // MARK: - Class folders alone

  private static func classFolders(_ root: String, _ contents: FolderContents, classes: [String]?) -> Layout? {
    let names = contents.folders.map(\.className)
    guard !names.isEmpty else { return nil }
    let lists = listFolders(root, contents)
    let isKnown = classes.map { Set($0) }.map { known in names.allSatisfy(known.contains) } ?? false
    let isNumbered = names.allSatisfy { NumberedFolders.number($0) != nil }
    let hasWords = lists.contains { folder in ClassWords.lists.contains { FilePath.isFile("\(folder)/\($0)") } }
    guard isKnown || isNumbered && (classes != nil || hasWords) else { return nil }
    return Layout(root: root, form: .classFolders, train: nil, val: root, listFolders: lists)
  }

  // MARK: - Parts of several forms

  /// The folder of a split in a folder; nil if there is none.
  static func subfolder(_ split: Split, of root: String) -> String? {
    contentsIfThere(root).flatMap { subfolders(split, $0).first }.map { "\(root)/\($0)" }
  }

  /// The names of the folders that have one of a split's names in any case, the usual one first.
  static func subfolders(_ split: Split, _ contents: FolderContents) -> [String] {
    let names = contents.folders.map(\.written)
    return split.names.flatMap { name in names.filter { $0 == name } + names.filter { $0 != name && $0.lowercased() == name } }
  }

  /// The folders in which ILSVRC's lists usually lie: the root, `devkit/`, `devkit/data/`, a folder with the name of a kit, such
  /// as `ILSVRC2012_devkit_t12/data/`, and `val/`.
  static func listFolders(_ root: String, _ contents: FolderContents) -> [String] {
    var kits = ["\(root)/devkit"] + DevelopmentKit.folders(in: root, contents).filter { $0 != "\(root)/devkit" }
    kits = kits.flatMap { kit in
      // An archive of a kit has a folder with the kit's name at its top.
      let nested = contentsIfThere(kit).map { DevelopmentKit.folders(in: kit, $0) } ?? []
      return [kit] + nested
    }
    return [root] + kits.flatMap { [$0, "\($0)/data"] } + [subfolder(.val, of: root)].compactMap { $0 }
  }

  /// The usual places of annotations that exist; `*` stands for the split's name.
  static func annotationFolders(in roots: [String], _ places: [String]) -> [Split: [String]] {
    var folders: [Split: [String]] = [:]
    for split in Split.allCases {
      let names = places.map { $0.replacing("*", with: split.rawValue) }
      folders[split] = roots.flatMap { root in names.map { "\(root)/\($0)" } }.filter(FilePath.isFolder)
    }
    return folders
  }

  private static func unknown(_ root: String, _ contents: FolderContents) -> DataError {
    if let error = WebDataset.shards(in: root, contents).unreadable { return DataError(error) }
    if let foreign = ForeignForm.description(of: root, contents) { return DataError(.layout, foreign) }
    let found = contents.folders.map { "\($0)/" } + contents.files.map(\.written)
    let shown = found.prefix(6).joined(separator: ", ") + (found.count > 6 ? ", … (\(found.count) in all)" : "")
    let hint =
      contents.folders.contains(where: \.isSynset)
      ? "; these look like class folders: move them into \(root)/train" : "; `synthesize` makes an example"
    return DataError(
      .layout,
      "\(root) has neither train/ nor val/ (found: \(found.isEmpty ? "nothing" : shown)); expected "
        + "train/<wnid>/<picture> and val/<wnid>/<picture>, or another form of docs/data.md\(hint)")
  }
}

extension FileName {
  /// True if it has the form of a WordNet id, such as n01440764.
  var isSynset: Bool {
    bytes.count == 9 && bytes.first == UInt8(ascii: "n") && bytes.dropFirst().allSatisfy { (0x30...0x39).contains($0) }
  }
}
