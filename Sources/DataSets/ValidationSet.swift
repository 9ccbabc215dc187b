/// The validation pictures of a data folder with their classes, whichever way the folder tells them.
struct ValidationSet {
  struct Item {
    let path: String
    let wnid: String
  }

  /// Sorted by path, by bytes.
  private(set) var items: [Item] = []
  /// The classes that the layout knows, sorted; used when there is no training set.
  private(set) var classes: [String] = []
  private(set) var notes: [String] = []

  init(root: String, trainClasses: [String], words: [String: String]) throws(DataError) {
    let listing = try FolderListing("\(root)/val")
    if listing.folders.isEmpty {
      try readFlat(root: root, files: listing.files, trainClasses: trainClasses, words: words)
    } else {
      for folder in try DataSet.classFolders("\(root)/val") {
        if folder.files.isEmpty { notes.append("class folder \(root)/val/\(folder.wnid) has no pictures") }
        items += folder.files.map { Item(path: "\(root)/val/\(folder.wnid)/\($0)", wnid: folder.wnid) }
        classes.append(folder.wnid)
      }
    }
  }

  private mutating func readFlat(
    root: String, files: [String], trainClasses: [String], words: [String: String]
  ) throws(DataError) {
    // Lists may lie beside the pictures.
    let pictures = files.filter { !$0.hasSuffix(".txt") && !$0.hasSuffix(".csv") && !$0.hasSuffix(".mat") }
    guard !pictures.isEmpty else { throw DataError(.layout, "\(root)/val has no pictures and no class folders") }
    let sorted = words.isEmpty ? trainClasses : words.keys.sorted(by: FolderListing.byBytes)
    let labels = try ValidationLabels(root: root, sortedClasses: sorted)
    classes = words.isEmpty && trainClasses.isEmpty ? labels.classes : sorted
    for picture in pictures {
      guard let wnid = try labels.wnid(of: picture) else {
        throw DataError(.labels, "picture \(root)/val/\(picture) has no label in \(labels.source)")
      }
      items.append(Item(path: "\(root)/val/\(picture)", wnid: wnid))
    }
    if labels.count > pictures.count {
      notes.append("\(labels.source) labels \(labels.count) pictures, \(pictures.count) of them are in \(root)/val")
    }
  }
}
