import Foundation

/// The contents of a folder, in the order of the names' bytes: the same on every host and in every locale. Files aren't opened.
///
/// A path may lead through an archive (`data/train.tar/n01440764.tar`): the archive is listed as a folder, and so are tars in it.
/// In the listing of a folder of the operating system an archive is a file like any other.
public struct FolderContents: Sendable {
  /// Folders, and links to folders.
  public private(set) var folders: [FileName] = []
  /// Those of `folders` that are links.
  public private(set) var linkedFolders: [FileName] = []
  /// Everything else: files, pipes, devices, and links that lead nowhere. Only reading tells them apart.
  public private(set) var files: [FileName] = []
  /// Those of `files` that are links that lead nowhere.
  public private(set) var brokenLinks: [FileName] = []
  /// Hidden names, and those that operating systems put into folders: they are never pictures of a data set.
  public private(set) var hidden: [FileName] = []
  /// Tells whether two paths lead to the same folder.
  public private(set) var identity = Identity(device: 0, number: 0)

  /// Identifies a folder or file on this host.
  public struct Identity: Sendable, Hashable {
    let device: UInt
    let number: UInt
  }

  /// Lists a folder. A storage that is away is waited for; see `StoragePatience`.
  ///
  /// - Throws: `FileError` if the folder can't be listed, or the archive is damaged.
  public init(_ path: FileName) throws(FileError) {
    if let inside = try FolderContents(inArchive: path) {
      self = inside
      return
    }
    self = try StoragePatience.read(
      path, listing: true, code: { $0.code == 0 ? nil : $0.code }, givingUp: { FileError($0, path: path.written) }
    ) { () throws(FileError) in try FolderContents(onceOf: path) }
  }

  init(_ listing: ArchiveIndex.Listing, of archive: FileStamp) {
    for name in listing.folders { if Self.isOfTheSystem(name) { hidden.append(name) } else { folders.append(name) } }
    for name in listing.files { if Self.isOfTheSystem(name) { hidden.append(name) } else { files.append(name) } }
    hidden.sort()
    // The archive's stamp tells apart several archives on the same path.
    identity = Identity(device: UInt(bitPattern: archive.modified ^ archive.bytes), number: UInt(bitPattern: listing.identity))
  }

  /// Source: opendir(3), readdir(3)
  private init(onceOf path: FileName) throws(FileError) {
    guard let directory = path.withCString({ opendir($0) }) else { throw FileError("opendir", "list", path.written) }
    defer { closedir(directory) }
    var status = stat()
    if fstat(dirfd(directory), &status) == 0 { identity = Identity(device: UInt(status.st_dev), number: UInt(status.st_ino)) }
    while true {
      errno = 0
      guard let entry = readdir(directory) else {
        if errno != 0 { throw FileError("readdir", "list", path.written) }
        break
      }
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { FileName(bytes: $0.prefix { $0 != 0 }) }
      if name == "." || name == ".." { continue }
      if Self.isOfTheSystem(name) { hidden.append(name) } else { add(name, type: Int32(entry.pointee.d_type), dirfd(directory)) }
    }
    folders.sort()
    files.sort()
    hidden.sort()
    brokenLinks.sort()
  }

  /// Sorts in one entry. The folder itself says what most entries are; links and unknown kinds need one more call each.
  private mutating func add(_ name: FileName, type: Int32, _ directory: Int32) {
    if type == Int32(DT_DIR) { return folders.append(name) }
    guard type == Int32(DT_LNK) || type == Int32(DT_UNKNOWN) else { return files.append(name) }
    var status = stat()
    let isThere = name.withCString { fstatat(directory, $0, &status, 0) } == 0
    if isThere, status.st_mode & S_IFMT == S_IFDIR {
      folders.append(name)
      let isLink =
        name.withCString { fstatat(directory, $0, &status, AT_SYMLINK_NOFOLLOW) } == 0 && status.st_mode & S_IFMT == S_IFLNK
      if isLink { linkedFolders.append(name) }
      return
    }
    files.append(name)
    if !isThere { brokenLinks.append(name) }
  }

  /// True for hidden names, and for those that Windows, macOS and network storage leave in folders.
  static func isOfTheSystem(_ name: FileName) -> Bool {
    if name.bytes.first == UInt8(ascii: ".") { return true }
    guard name.bytes.count <= longestSystemName else { return false }
    return systemNames.contains(String(decoding: name.bytes, as: UTF8.self).lowercased())
  }

  private static let systemNames: Set = [
    "thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "icon\r", "__macosx", "@eadir", "#recycle", "$recycle.bin",
    "recycler", "system volume information", "lost+found",
  ]
  private static let longestSystemName = 32
}
