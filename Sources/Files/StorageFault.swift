import Foundation

/// Decides whether a file that can't be read is bad itself, or the storage that it lies on is at fault.
///
/// A bad file is missing or unreadable while its folder can be listed and other files of the folder can be read. The storage is
/// at fault if the error is one of the file server itself (ESTALE, ETIMEDOUT, …), if the folder is away or an empty mount point,
/// or if several files have an input/output error.
enum StorageFault {
  enum Verdict: Equatable {
    case badFile
    /// The storage is at fault, and the read is to be tried again.
    case storage
  }

  /// - Parameters:
  ///   - code: The value of errno after the failed call.
  ///   - otherReads: Returns whether other files of the storage can be read, or nil if there are none. It is called after an
  ///     input/output error, which one bad sector causes as well as a dead disk, and for a link that leads nowhere.
  static func verdict(_ code: Int32, _ path: FileName, otherReads: () -> Bool?) -> Verdict {
    switch code {
    case ENOENT, ENOTDIR:
      switch absence(of: path) {
      case .file: .badFile
      case .folder, .none: .storage
      // A link that leads nowhere is a bad file if it is the only one. If all of them do, the storage that they point to is away.
      case .target: otherReads() ?? true ? .badFile : .storage
      }
    case EACCES, EPERM: isListable(path.folder) ? .badFile : .storage
    case EIO, EUCLEAN, EBADMSG, EREMOTEIO: otherReads() ?? true ? .badFile : .storage
    default: storageCodes.contains(code) ? .storage : .badFile
    }
  }

  /// The error numbers that say nothing about the file: they come from the server, the network, the device or this process's
  /// limits.
  /// Source: errno(3); open(2), read(2) for the last rows.
  static let storageCodes: Set<Int32> = [
    ESTALE, ETIMEDOUT, ENOTCONN, EHOSTDOWN, EHOSTUNREACH, ENETDOWN, ENETUNREACH, ENETRESET, ECONNRESET, ECONNABORTED,
    ECONNREFUSED, ESHUTDOWN, EPIPE, EPROTO, ECOMM, ENOLINK, ENONET, EREMCHG,
    ENODEV, ENXIO, ENOMEDIUM,
    ENOKEY, EKEYEXPIRED, EKEYREVOKED, EKEYREJECTED,
    EAGAIN, EBUSY, ENOLCK, EMFILE, ENFILE, ENOMEM, ENOBUFS,
  ]

  private enum Absence {
    /// The folder is there and holds other names, but not this one.
    case file
    /// The folder is away, or is empty like an unused mount point.
    case folder
    /// The folder holds the name, and it is a link to something that isn't there.
    case target
    /// The file is back.
    case none
  }

  /// Finds out what is missing with one look at the names in the folder: so a folder that comes back between two calls can't be
  /// mistaken for one that lacks the file.
  private static func absence(of path: FileName) -> Absence {
    guard let (names, identity) = look(into: path.folder) else { return .folder }
    if names.isEmpty { return isEmptied(path, identity) ? .file : .folder }
    let own = path.last.bytes
    guard names.contains(own) else { return .file }
    var status = stat()
    return path.withCString({ lstat($0, &status) }) == 0 && status.st_mode & S_IFMT == S_IFLNK ? .target : .none
  }

  /// True if an empty folder has lost its files one by one, and is no unused mount point: it is the same folder on the same file
  /// system that this process has read from, and another folder beside it has a readable file of the same kind.
  private static func isEmptied(_ path: FileName, _ identity: Identity) -> Bool {
    let folder = path.folder
    guard StoragePatience.identity(ofKnown: folder) == identity else { return false }
    let above = folder.folder
    return (names(in: above) ?? []).prefix(triedFolders).contains { name in
      let other = above.appending(FileName(bytes: name))
      guard other != folder, let file = names(in: other)?.first(where: { FileName(bytes: $0).ending == path.ending }) else {
        return false
      }
      return isReadable(other.appending(FileName(bytes: file))) == true
    }
  }

  /// Tells apart folders that had the same name at different times.
  struct Identity: Hashable, Sendable {
    let device: dev_t
    let number: ino_t

    init(_ status: stat) { (device, number) = (status.st_dev, status.st_ino) }

    /// Nil if there is no such folder. Source: stat(2)
    init?(of folder: FileName) {
      var status = stat()
      guard folder.withCString({ stat($0, &status) }) == 0 else { return nil }
      self.init(status)
    }
  }

  /// True if a folder can be listed and isn't empty.
  static func holdsNames(_ folder: FileName) -> Bool { names(in: folder).map { !$0.isEmpty } ?? false }

  static func isListable(_ folder: FileName) -> Bool { names(in: folder) != nil }

  /// The names in a folder without hidden ones; nil if it can't be listed. Source: opendir(3), readdir(3)
  private static func names(in folder: FileName) -> [[UInt8]]? { look(into: folder)?.names }

  /// The names in a folder as above, and which folder it is.
  private static func look(into folder: FileName) -> (names: [[UInt8]], identity: Identity)? {
    guard let directory = folder.withCString({ opendir($0) }) else { return nil }
    defer { closedir(directory) }
    var status = stat()
    guard fstat(dirfd(directory), &status) == 0 else { return nil }
    var names: [[UInt8]] = []
    while true {
      errno = 0
      guard let entry = readdir(directory) else { return errno == 0 ? (names, Identity(status)) : nil }
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      if name.first != UInt8(ascii: ".") { names.append(name) }
    }
  }

  /// True if some other file of the folder can be read from the disk itself, or, if the folder has no other, a file of the
  /// folders beside it; nil if there is no other file at all.
  static func isNeighbourReadable(of path: FileName) -> Bool? {
    let folder = path.folder
    guard let names = names(in: folder) else { return false }
    let own = path.last.bytes
    // Tries the files after this one first: those before it have just been read, and may be in memory.
    let sorted = names.sorted { $0.lexicographicallyPrecedes($1) }
    let order = sorted.filter { own.lexicographicallyPrecedes($0) } + sorted.filter { $0.lexicographicallyPrecedes(own) }
    let beside = order.prefix(triedFiles).compactMap { isReadable(folder.appending(FileName(bytes: $0))) }
    if !beside.isEmpty { return beside.contains(true) }
    let above = folder.folder
    var found: [Bool] = []
    for name in (Self.names(in: above) ?? []).prefix(triedFolders) where found.count < triedFiles {
      let other = above.appending(FileName(bytes: name))
      guard other != folder, let file = Self.names(in: other)?.first else { continue }
      if let result = isReadable(other.appending(FileName(bytes: file))) { found.append(result) }
    }
    return found.isEmpty ? nil : found.contains(true)
  }

  private static let triedFiles = 4
  private static let triedFolders = 64

  /// True if a byte of a file can be read from the disk itself, past the page cache; nil if there is no such file or byte.
  ///
  /// - Parameter offset: The offset of the byte in the file.
  /// Source: posix_fadvise(2), POSIX_FADV_DONTNEED
  static func isReadable(_ path: FileName, at offset: Int = 0) -> Bool? {
    var status = stat()
    guard path.withCString({ stat($0, &status) }) == 0 else { return errno == ENOENT ? nil : false }
    guard status.st_mode & S_IFMT == S_IFREG, status.st_size > offset else { return nil }
    let descriptor = path.withCString { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    _ = posix_fadvise(descriptor, off_t(offset), 4096, POSIX_FADV_DONTNEED)
    var byte: UInt8 = 0
    return pread(descriptor, &byte, 1, off_t(offset)) == 1
  }
}
