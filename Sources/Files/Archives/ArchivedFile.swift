/// A member of an archive, which is read like a file.
public struct ArchivedFile: Sendable {
  public let path: FileName
  public var size: Int { member.size }
  private let archive: Archive
  private let member: ArchiveIndex.Member

  /// Nil if the path leads through no archive.
  ///
  /// - Throws: `FileError` if the archive can't be read, or has no such member.
  public init?(_ path: FileName) throws(FileError) {
    guard let place = ArchivePath(path), !place.inner.bytes.isEmpty else { return nil }
    archive = try Archive.at(place.archive)
    self.path = path
    guard let member = archive.index.member(named: place.inner), member.kind != .folder else {
      let isFolder = archive.index.isFolder(place.inner)
      throw FileError(
        isFolder ? .system : .noSuchFile, action: "read", path: path.written,
        reason: isFolder ? "it is a folder" : "\(place.archive) has no such member")
    }
    self.member = member
  }

  /// Fills the buffer with the member's first bytes. A storage that is away is waited for; see `StoragePatience`.
  ///
  /// - Parameter buffer: Of at most `size` bytes.
  /// - Throws: `FileError` if the member is cut, damaged, or has no bytes of its own.
  public func read(into buffer: UnsafeMutableRawBufferPointer) throws(FileError) {
    precondition(buffer.count <= size, "\(buffer.count) bytes of \(size)")
    try requireReadable()
    if archive.format == .zip {
      try ZipMember(source: archive.source, path: path, member: member).read(into: buffer)
    } else {
      try archive.source.read(into: buffer, at: member.offset)
    }
  }

  /// The bytes of the whole member.
  ///
  /// - Parameter limit: The most bytes that the member may have; more are an error, found before memory is allocated for them.
  func bytes(limit: Int) throws(FileError) -> [UInt8] {
    guard size <= limit else {
      throw FileError(action: "read", path: path.written, reason: "it has \(size) bytes, at most \(limit) are expected")
    }
    return try head(size)
  }

  /// The first `count` bytes of the member, or all if it has fewer.
  public func head(_ count: Int) throws(FileError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: min(count, size))
    let result = bytes.withUnsafeMutableBytes { buffer in
      Result { () throws(FileError) in try read(into: buffer) }
    }
    try result.get()
    return bytes
  }

  private func requireReadable() throws(FileError) {
    let (what, remedy): (String, String)
    switch member.kind {
    case .stored, .deflated, .archive, .folder: return
    case .link:
      (what, remedy) = (
        "a link, which an archive isn't followed through",
        "make the archive anew with the files themselves (tar --dereference --hard-dereference)"
      )
    case .sparse: (what, remedy) = ("a sparse file, which lies in the archive in parts", "make the archive anew without --sparse")
    case .device: (what, remedy) = ("a device or a pipe", "make the archive anew without it")
    case .volumePart: (what, remedy) = ("a part of a file that is spread over several archives", "put them into one")
    case .encrypted: (what, remedy) = ("encrypted", "make the archive anew without a password")
    case .otherCompression:
      (what, remedy) = ("compressed in another way than by deflate", "make the zip anew with stored or deflated members")
    }
    throw FileError(.unsupported("the member is \(what)", remedy: remedy), path, at: member.offset)
  }
}

extension FilePath {
  /// True if `path` is a folder. An archive counts as a folder, and so do the folders in it.
  public static func isFolder(_ path: FileName) -> Bool {
    guard let place = ArchivePath(path) else { return isFolderOfTheSystem(path) }
    if place.inner.bytes.isEmpty { return true }
    return (try? Archive.at(place.archive))?.index.isFolder(place.inner) ?? false
  }

  /// True if `path` is anything but a folder. An archive counts as a file too.
  public static func isFile(_ path: FileName) -> Bool {
    guard let place = ArchivePath(path), !place.inner.bytes.isEmpty else { return isFileOfTheSystem(path) }
    guard let index = (try? Archive.at(place.archive))?.index, let member = index.member(named: place.inner) else { return false }
    return member.kind != .folder
  }

  /// The archive that a path leads through or is; nil for any other path.
  public static func archive(of path: FileName) -> FileName? { ArchivePath(path)?.archive }

  /// The file that the operating system knows: for a path through an archive the archive, else the path itself.
  public static func ofTheSystem(_ path: FileName) -> FileName { ArchivePath(path)?.archive ?? path }
}

extension FolderContents {
  /// Lists an archive, or a folder in one; nil if the path leads through no archive.
  init?(inArchive path: FileName) throws(FileError) {
    guard let place = ArchivePath(path) else { return nil }
    let archive = try Archive.at(place.archive, anew: place.inner.bytes.isEmpty)
    guard let listing = archive.index.contents(of: place.inner) else {
      throw FileError(.noSuchFile, action: "list", path: path.written, reason: "\(place.archive) has no such folder")
    }
    self.init(listing, of: archive.version)
  }
}
