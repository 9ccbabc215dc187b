import Files

/// The validation pictures of a data folder with their classes, in whatever way the folder states them.
struct ValidationSet {
  struct Item {
    let path: FileName
    let wnid: String
  }

  /// The pictures in the order of their classes' ids, then of the bytes of their places in the class.
  private(set) var items: [Item] = []
  /// The classes that the layout states, sorted; used if there is no training set.
  private(set) var classes: [String] = []
  private(set) var notes: [String] = []
  private(set) var passedOver = PassedOver()

  private let layout: Layout
  private let folder: FileName

  /// - Parameters:
  ///   - trainClasses: The classes of the training pictures; empty if there are none.
  ///   - network: The ids that a network knows; nil without a network.
  init(_ layout: Layout, trainClasses: [String], network: [String]?, words: ClassWords) throws(DataError) {
    self.layout = layout
    folder = FileName(layout.val ?? layout.root)
    let contents = try folderContents(folder)
    let pictures = contents.files.filter { PictureWalk.isPicture($0, in: folder) }
    if contents.folders.isEmpty || (!pictures.isEmpty && pictures.count > contents.brokenLinks.count) {
      for name in contents.hidden { passedOver.add(FileName("val").appending(name), PictureWalk.hidden) }
      try passOverFolders(contents.folders, beside: pictures)
      let taken = Set(pictures)
      for name in contents.files where !taken.contains(name) {
        passedOver.add(FileName("val").appending(name), PictureWalk.noPicture)
      }
      guard !pictures.isEmpty else {
        throw DataError(
          .layout,
          ForeignForm.description(of: folder.path, contents) ?? "\(folder) has no pictures and no class folders")
      }
      try readFlat(pictures, trainClasses: trainClasses, words: words)
    } else {
      try readClassFolders(known: network ?? trainClasses)
    }
    sort()
  }

  /// The validation pictures of shards.
  init(_ pictures: ShardedPictures, _ layout: Layout) {
    self.layout = layout
    folder = FileName(layout.val ?? layout.root)
    items = pictures.val
    classes = Set(items.map(\.wnid)).sorted(by: String.byBytes)
    passedOver = pictures.passedOver
  }

  private mutating func readClassFolders(known: [String]) throws(DataError) {
    let found = try ClassFolder.all(in: folder.path, .val, layout)
    passedOver.add(found.passedOver)
    notes += found.notes
    let wnids = try NumberedFolders.wnids(of: found.folders.map(\.wnid), classes: known, layout)
    for folder in found.folders {
      if folder.files.isEmpty { notes.append("class folder \(self.folder)/\(folder.wnid) has no pictures") }
      let wnid = wnids?[folder.wnid] ?? folder.wnid
      items += folder.files.map { Item(path: $0, wnid: wnid) }
      classes.append(wnid)
    }
    if let wnids, let last = found.folders.last, let wnid = wnids[last.wnid] {
      notes.append("the class folders of \(folder) are numbers of the sorted classes: \(last.wnid) is \(wnid)")
    }
    classes.sort(by: String.byBytes)
  }

  /// Sorts by class, then by the place in the class: the same order for a flat folder and for class folders, whatever their
  /// names.
  private mutating func sort() {
    let keys = items.map { (wnid: $0.wnid, inner: layout.inner($0.path, of: .val)) }
    let order = items.indices.sorted { one, other in
      keys[one].wnid != keys[other].wnid
        ? String.byBytes(keys[one].wnid, keys[other].wnid) : keys[one].inner < keys[other].inner
    }
    items = order.map { items[$0] }
  }

  /// Passes over the folders beside the pictures of a flat `val/`; throws if one of them holds pictures, whose classes can't be
  /// known.
  private mutating func passOverFolders(_ folders: [FileName], beside pictures: [FileName]) throws(DataError) {
    for name in folders {
      let walk = try pictureWalk(folder.appending(name), shown: FileName("val").appending(name))
      if walk.isOwnWork {
        passedOver.add(FileName("val").appending(name), OwnWork.reason)
        continue
      }
      guard walk.files.isEmpty else {
        throw DataError(
          .layout,
          "\(folder) has \(pictures.count) pictures (\(pictures[0]), …) and beside them the folder val/\(name) with \(walk.files.count); "
            + "expected either pictures with a list of labels, or a folder a class: move the others out of val/")
      }
      passedOver.add(walk.passedOver)
      passedOver.add(FileName("val").appending(name), "a folder without pictures")
    }
  }

  private mutating func readFlat(_ pictures: [FileName], trainClasses: [String], words: ClassWords) throws(DataError) {
    let sorted = words.sorted.isEmpty ? trainClasses : words.sorted
    let labels = try ValidationLabels(layout, sortedClasses: sorted)
    classes = sorted.isEmpty ? labels.classes : sorted
    let present = Set(pictures)
    for picture in pictures {
      guard let wnid = try labels.wnid(of: picture, among: present) else {
        throw DataError(.labels, "picture \(folder.appending(picture)) has no label in \(labels.source)")
      }
      items.append(Item(path: folder.appending(picture), wnid: wnid))
    }
    if labels.hasIndices, let note = words.note { notes.append("\(labels.source): \(note)") }
    if labels.count > pictures.count {
      notes.append("\(labels.source) labels \(labels.count) pictures, \(pictures.count) of them are in \(folder)")
    }
  }
}
