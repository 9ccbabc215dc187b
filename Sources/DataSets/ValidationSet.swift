import Files

/// The validation pictures of a data folder with their classes, whichever way the folder tells them.
struct ValidationSet {
  struct Item {
    let path: FileName
    let wnid: String
  }

  /// Sorted by path, by bytes.
  private(set) var items: [Item] = []
  /// The classes that the layout knows, sorted; used when there is no training set.
  private(set) var classes: [String] = []
  private(set) var notes: [String] = []
  private(set) var passedOver = PassedOver()

  private let root: String
  private let folder: FileName

  init(root: String, trainClasses: [String], words: [String: String]) throws(DataError) {
    self.root = root
    folder = FileName("\(root)/val")
    let contents = try folderContents(folder)
    try refuseTinyImageNet(contents)
    let pictures = contents.files.filter { PictureWalk.isPicture($0, in: folder) }
    if contents.folders.isEmpty || (!pictures.isEmpty && pictures.count > contents.brokenLinks.count) {
      for name in contents.hidden { passedOver.add(FileName("val").appending(name), PictureWalk.hidden) }
      try passOverFolders(contents.folders, beside: pictures)
      let taken = Set(pictures)
      for name in contents.files where !taken.contains(name) {
        passedOver.add(FileName("val").appending(name), PictureWalk.noPicture)
      }
      try readFlat(pictures, trainClasses: trainClasses, words: words)
    } else {
      let found = try ClassFolder.all(in: folder, shown: "val")
      passedOver.add(found.passedOver)
      notes += found.notes
      for folder in found.folders {
        if folder.files.isEmpty { notes.append("class folder \(root)/val/\(folder.wnid) has no pictures") }
        items += folder.files.map { Item(path: $0, wnid: folder.wnid) }
        classes.append(folder.wnid)
      }
    }
  }

  private func refuseTinyImageNet(_ contents: FolderContents) throws(DataError) {
    guard contents.folders == ["images"], contents.files.contains("val_annotations.txt") else { return }
    throw DataError(
      .layout,
      "\(root)/val is arranged like that of Tiny ImageNet (images/ and val_annotations.txt); move each picture of val/images into a "
        + "folder of its class, val/<wnid>/, as the second column of val_annotations.txt says, and remove images/")
  }

  /// Folders with pictures beside pictures: whether these belong to the list or to classes nobody can know.
  private mutating func passOverFolders(_ folders: [FileName], beside pictures: [FileName]) throws(DataError) {
    for name in folders {
      let walk = try pictureWalk(folder.appending(name), shown: FileName("val").appending(name))
      guard walk.files.isEmpty else {
        throw DataError(
          .layout,
          "\(root)/val has \(pictures.count) pictures (\(pictures[0]), …) and beside them the folder val/\(name) with \(walk.files.count); "
            + "expected either pictures with a list of labels, or a folder a class: move the others out of val/")
      }
      passedOver.add(walk.passedOver)
      passedOver.add(FileName("val").appending(name), "a folder without pictures")
    }
  }

  private mutating func readFlat(_ pictures: [FileName], trainClasses: [String], words: [String: String]) throws(DataError) {
    guard !pictures.isEmpty else { throw DataError(.layout, "\(root)/val has no pictures and no class folders") }
    let sorted = words.isEmpty ? trainClasses : words.keys.sorted(by: FolderListing.byBytes)
    let labels = try ValidationLabels(root: root, sortedClasses: sorted)
    classes = words.isEmpty && trainClasses.isEmpty ? labels.classes : sorted
    let present = Set(pictures)
    for picture in pictures {
      guard let wnid = try labels.wnid(of: picture, among: present) else {
        throw DataError(.labels, "picture \(root)/val/\(picture) has no label in \(labels.source)")
      }
      items.append(Item(path: folder.appending(picture), wnid: wnid))
    }
    if labels.count > pictures.count {
      notes.append("\(labels.source) labels \(labels.count) pictures, \(pictures.count) of them are in \(root)/val")
    }
  }
}
