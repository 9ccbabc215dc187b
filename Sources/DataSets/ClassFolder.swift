import Files

/// A folder whose pictures, at any depth, are of the class that the folder is named after.
struct ClassFolder {
  /// The text form of the folder's name; see `FileName.written`.
  let wnid: String
  /// The pictures' paths, in the order of their bytes.
  let files: [FileName]

  /// All class folders in a folder, and what else was found in it.
  struct Found {
    /// The class folders in the order of their names' bytes.
    var folders: [ClassFolder] = []
    var passedOver = PassedOver()
    var notes: [String] = []
  }

  static let beside = "a file beside the class folders"

  /// Finds the class folders of a split. In what is passed over, the split's folder is called `train` or `val`, whatever its own
  /// name is.
  ///
  /// - Throws: `DataError` if there are none, a link among them leads nowhere, or a folder can't be listed.
  static func all(in folder: String, _ split: Split, _ layout: Layout) throws(DataError) -> Found {
    let (path, shown) = (FileName(folder), FileName(split.rawValue))
    var found = Found()
    let contents = try folderContents(path)
    if let broken = contents.brokenLinks.first {
      throw DataError(
        .unreadable,
        "\(path.appending(broken)) is a link that leads nowhere, and may be a class's: is what it points to mounted? Remove it "
          + "otherwise")
    }
    // ILSVRC's outer archive of the training pictures may be unpacked while the inner ones of the classes are not.
    let archives = contents.files.filter { $0.ending == "tar" && $0.stem.isSynset }
    guard !contents.folders.isEmpty || !archives.isEmpty else {
      throw DataError(
        .layout,
        ForeignForm.description(of: folder, contents)
          ?? "\(path) has no class folders (found \(contents.files.count) files); expected \(path)/<wnid>/<picture>, a folder a class"
          + layout.archivesBeside(split))
    }
    for name in contents.hidden { found.passedOver.add(shown.appending(name), PictureWalk.hidden) }
    for name in contents.files
    where !archives.contains(name) && (layout.val != layout.root || !ClassWords.lists.contains(name.written)) {
      found.passedOver.add(shown.appending(name), beside)
    }
    var nested: [FileName] = []
    for name in (contents.folders + archives).sorted() {
      let own = path.appending(name)
      let walk = try pictureWalk(own, shown: shown.appending(name)) { layout.form == .tinyImageNet && TinyImageNet.isTable($0) }
      if walk.isOwnWork {
        found.passedOver.add(shown.appending(name), OwnWork.reason)
        continue
      }
      found.passedOver.add(walk.passedOver)
      if layout.form != .tinyImageNet, let inner = walk.firstInnerFolder { nested.append(shown.appending(name).appending(inner)) }
      found.folders.append(ClassFolder(wnid: name.className, files: walk.files.map { own.appending($0) }))
    }
    found.folders.sort { String.byBytes($0.wnid, $1.wnid) }
    if let first = nested.first {
      let others = nested.count > 1 ? ", and so on in \(nested.count - 1) other class folders" : ""
      found.notes.append("the pictures of the folder \(first) count as of the class whose folder it is in\(others)")
    }
    return found
  }
}

/// The contents of a folder.
func folderContents(_ path: FileName) throws(DataError) -> FolderContents {
  do throws(FileError) { return try FolderContents(path) } catch { throw DataError(error) }
}

/// The pictures below a folder; throws if a folder among them can't be listed, because none may be missed.
func pictureWalk(
  _ path: FileName, shown: FileName, leavingOut isKnown: (FileName) -> Bool = { _ in false }
) throws(DataError) -> PictureWalk {
  do throws(FileError) {
    let walk = try PictureWalk(path, shown: shown, leavingOut: isKnown)
    if let closed = walk.closed.first { throw closed.error }
    return walk
  } catch {
    throw DataError(error)
  }
}

extension FileName {
  /// The class that a folder is named after. The folder may be an archive, like those inside ILSVRC's archive of the training
  /// pictures.
  package var className: String { ending == "tar" && stem.isSynset ? stem.written : written }
}
