import Files
import Images

extension Layout {
  /// The folders of pictures, the archives and the pictures in the root that are no part of the set.
  public var unused: PassedOver {
    var unused = PassedOver()
    guard form != .classFolders, let contents = contentsIfThere(root) else { return unused }
    let paths = [train, val].compactMap { $0 } + listFolders + shards.values.joined() + annotationFolders.values.joined()
    let used = Set(paths.compactMap { FileName($0).absolute.relative(to: FileName(root).absolute)?.components.first })
    for name in contents.folders where !used.contains(name) && Self.holdsPictures(FileName(root).appending(name)) {
      unused.add(name, "a folder of pictures beside those of the set")
    }
    for name in contents.files where !used.contains(name) {
      if ForeignForm(name) == .archive { unused.add(name, Self.archiveReason) }
      if PictureKind.isNamedLikePicture(name) { unused.add(name, "a picture beside the folders of the set") }
    }
    return unused
  }

  private static let archiveReason = "an archive beside the set"

  /// The end of an error about a split without pictures: the archives that may hold them, and the way to have them read; empty if
  /// there are none beside the set.
  public func archivesBeside(_ split: Split) -> String {
    guard let archives = unused.groups.first(where: { $0.reason == Self.archiveReason }) else { return "" }
    return
      "; \(archives.examples.map(\.written).joined(separator: ", ")) beside it isn't read: archives of ILSVRC are, under their own "
      + "names (ILSVRC2012_img_\(split.rawValue).tar) and if there is no folder \(split.rawValue)/; unpack others into that folder, "
      + "after their pieces have been joined"
  }

  /// True if there are pictures in a folder, or in the first of its folders.
  ///
  /// - Parameter depth: The number of levels of folders to look into.
  static func holdsPictures(_ folder: FileName, depth: Int = 3) -> Bool {
    guard let contents = try? FolderContents(folder) else { return false }
    let isFound = contents.files.contains { name in
      PictureKind.isNamedLikePicture(name) || name.ending == "tar" && name.stem.isSynset
    }
    if isFound { return true }
    let first = contents.files.prefix(mostLooks)
    if first.contains(where: { WebDataset.isPicture($0, in: folder) }) { return true }
    return depth > 1 && contents.folders.prefix(mostLooks).contains { holdsPictures(folder.appending($0), depth: depth - 1) }
  }

  private static let mostLooks = 16
}
