import Foundation
import Synchronization

/// A file that is being written: it has a temporary name in the folder of its final one, which it gets only when it is whole.
///
/// `.step-00012000.h5@node1@4711@3.partial` belongs to process 4711 on node1. Without `commit()` it is removed. One that a killed
/// process left behind does no harm; the next process removes it before it writes in the same folder, because the space may be
/// needed.
public struct TemporaryFile: ~Copyable {
  /// The temporary path, to which the bytes are written.
  public let path: String
  public let finalPath: String

  private static let suffix = ".partial"
  private static let counter = Atomic<Int>(0)
  private static let cleaned = Mutex<Set<String>>([])

  /// Chooses the temporary name; whoever writes to `path` creates the file.
  public init(for finalPath: String) {
    self.finalPath = finalPath
    let number = Self.counter.add(1, ordering: .relaxed).newValue
    let name = ".\(FilePath.name(of: finalPath))@\(Self.host)@\(getpid())@\(number)\(Self.suffix)"
    let folder = FilePath.folder(of: finalPath)
    path = FilePath.join(folder, name)
    Self.removeLeftoversOnce(in: folder)
  }

  deinit {
    // A library that couldn't close the file may still hold it open: emptied first, it takes no space even then. (A link is not
    // followed: the file that it points to belongs to someone else.) After `commit()` nothing has this name any more.
    let descriptor = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC)
    if descriptor >= 0 {
      _ = ftruncate(descriptor, 0)
      close(descriptor)
    }
    unlink(path)
  }

  /// Writes the bytes to the disk, gives the file its final name, replacing the file that had it, and writes the name to the disk
  /// too.
  ///
  /// - Parameter flush: false leaves it to the system when the bytes reach the disk.
  /// - Throws: `FileError` with the final path; the file that was there before is untouched.
  ///
  /// Source: fsync(2), rename(2).
  public consuming func commit(flush: Bool = true) throws(FileError) {
    let (path, finalPath) = (path, finalPath)
    if flush { try Self.synchronize(path, of: finalPath) }
    guard rename(path, finalPath) == 0 else { throw FileError("rename", "write", finalPath) }
    try Self.synchronize(FilePath.folder(of: finalPath), of: finalPath)
  }

  /// Gives the file its final name unless another file has it already.
  ///
  /// - Returns: false if another file has the name.
  /// - Throws: `FileError` with the final path.
  ///
  /// Source: link(2); on a file system without links, open(2) with O_EXCL, where a reader may see an empty file for a moment.
  public consuming func commitIfAbsent() throws(FileError) -> Bool {
    let (path, finalPath) = (path, finalPath)
    if link(path, finalPath) == 0 {
      unlink(path)
      return true
    }
    let code = errno
    // A network file system may have made the link although its answer was lost.
    var status = stat()
    if lstat(path, &status) == 0, status.st_nlink == 2 {
      unlink(path)
      return true
    }
    if code == EEXIST { return false }
    guard [EPERM, ENOTSUP, EMLINK, ENOSYS].contains(code) else { throw FileError("link", "write", finalPath, code: code) }
    let descriptor = open(finalPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    if descriptor < 0 {
      if errno == EEXIST { return false }
      throw FileError("open", "write", finalPath)
    }
    close(descriptor)
    guard rename(path, finalPath) == 0 else { throw FileError("rename", "write", finalPath) }
    return true
  }

  /// Waits until the bytes of a file, or the names in a folder, are on the disk.
  private static func synchronize(_ path: String, of finalPath: String) throws(FileError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError("open", "write", finalPath) }
    let failure = fsync(descriptor) == 0 ? 0 : errno
    close(descriptor)
    // EINVAL comes from a file system that has no fsync for folders.
    guard failure == 0 || failure == EINVAL else { throw FileError("fsync", "write", finalPath, code: failure) }
  }

  /// Removes what killed processes left in a folder.
  public static func removeLeftovers(in folder: String) { removeLeftovers(in: folder, now: time(nil)) }

  /// Removes what killed processes left in a folder, once per process and folder: listing it for every result would cost
  /// quadratic time.
  private static func removeLeftoversOnce(in folder: String) {
    guard cleaned.withLock({ $0.insert(folder).inserted }) else { return }
    removeLeftovers(in: folder, now: time(nil))
  }

  /// Removes files with temporary names whose process on this host is gone, or that were last written to more than an hour ago.
  static func removeLeftovers(in folder: String, now: Int) {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else { return }
    for name in names where name.hasPrefix(".") && name.hasSuffix(suffix) {
      // The form is .NAME@HOST@PID@NUMBER.partial, where NAME may have any character.
      let parts = name.dropLast(suffix.count).split(separator: "@", omittingEmptySubsequences: false)
      guard parts.count >= 4, Int(parts[parts.count - 1]) != nil, let owner = pid_t(parts[parts.count - 2]) else { continue }
      let isGone = parts[parts.count - 3] == host && kill(owner, 0) != 0 && errno == ESRCH
      let path = FilePath.join(folder, name)
      var status = stat()
      guard lstat(path, &status) == 0 else { continue }
      if isGone || now - status.st_mtim.tv_sec > 3600 { unlink(path) }
    }
  }

  /// The name of this host, as uname gives it. Source: gethostname(2)
  package static let host: String = {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "unknown" }
    return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }()
}

/// Symbolic links that are replaced in one step.
public enum SymbolicLink {
  /// Makes `path` a link to `target`, replacing what it was, so that there is always something under that name.
  ///
  /// Where the file system has no symbolic links, as SMB and exFAT often have none, it is another name of the file, or a copy of it.
  ///
  /// - Parameter target: relative to the folder of `path`.
  ///
  /// Source: symlink(2), link(2), rename(2).
  public static func replace(_ path: String, target: String) throws(FileError) {
    let temporary = TemporaryFile(for: path)
    if symlink(target, temporary.path) != 0 {
      let code = errno
      let file = FilePath.join(FilePath.folder(of: path), target)
      guard [EPERM, ENOSYS, EOPNOTSUPP, EINVAL].contains(code),
        link(file, temporary.path) == 0 || (try? FileManager.default.copyItem(atPath: file, toPath: temporary.path)) != nil
      else { throw FileError("symlink", "make the link", path, code: code) }
    }
    guard rename(temporary.path, path) == 0 else { throw FileError("rename", "make the link", path) }
  }

  /// The target of a link; nil if there is no link. Source: readlink(2)
  public static func target(of path: String) -> String? { try? FileManager.default.destinationOfSymbolicLink(atPath: path) }
}
