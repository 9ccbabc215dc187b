/// The files below a folder, to any depth. They aren't opened.
///
/// Each folder is listed once, however many links lead to it, and under its own path rather than that of a link. So a link to a
/// folder above ends the search there, and no file comes twice.
public struct FolderTree: Sendable {
  /// Paths relative to the folder, in the order of their bytes; see `FolderContents.files`.
  public private(set) var files: [FileName] = []
  /// Hidden names and those of the operating system, relative to the folder. What is in such folders isn't listed.
  public private(set) var hidden: [FileName] = []
  /// Links to folders that have been listed already.
  public private(set) var repeated: [FileName] = []
  /// Folders below the folder that can't be listed.
  public private(set) var closed: [(folder: FileName, error: FileError)] = []

  /// - Throws: `FileError` if the folder itself can't be listed, or the storage is away.
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
