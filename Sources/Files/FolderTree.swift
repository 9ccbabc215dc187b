/// The files below a folder, to any depth; they aren't opened.
///
/// Each folder is listed once, however many links lead to it, and by its own way rather than by a link: links to folders above
/// end, and no file comes twice.
public struct FolderTree: Sendable {
  /// Relative to the folder, by bytes: see `FolderContents.files`.
  public private(set) var files: [FileName] = []
  /// Hidden names and those of the system, relative to the folder; what is in such folders isn't looked at.
  public private(set) var hidden: [FileName] = []
  /// Links to folders that have been listed already.
  public private(set) var repeated: [FileName] = []
  /// Folders inside that can't be listed.
  public private(set) var closed: [(folder: FileName, error: FileError)] = []

  /// - Throws: `FileError` when the folder itself can't be listed, or the storage is away.
  public init(_ root: FileName) throws(FileError) {
    var seen: Set<FolderContents.Identity> = []
    var waiting: [FileName] = ["."]
    var links: [FileName] = []
    while let folder = waiting.popLast() ?? links.popLast() {
      let contents: FolderContents
      do throws(FileError) {
        contents = try FolderContents(root.appending(folder))
      } catch {
        if folder == "." || error.storageTrouble != nil { throw error }
        closed.append((folder, error))
        continue
      }
      guard seen.insert(contents.identity).inserted else {
        repeated.append(folder)
        continue
      }
      files += contents.files.map { folder.appending($0) }
      hidden += contents.hidden.map { folder.appending($0) }
      let linked = Set(contents.linkedFolders)
      for name in contents.folders.reversed() {
        if linked.contains(name) { links.append(folder.appending(name)) } else { waiting.append(folder.appending(name)) }
      }
    }
    files.sort()
    hidden.sort()
    repeated.sort()
    closed.sort { $0.folder < $1.folder }
  }
}
