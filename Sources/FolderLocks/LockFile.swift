import Files
import Foundation

/// The contents of a lock's file, as they were read.
struct LockFile {
  /// Nil if the contents can't be understood: then only the file's age counts.
  let owner: FolderOwner?
  /// The time of the last touch in seconds, by the file server's clock.
  let touched: Double

  /// Reads the file; nil if there is none. Opening it makes a network file system ask its server. Source: open(2), fstat(2)
  static func read(_ path: String) -> LockFile? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return nil }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = Foundation.read(descriptor, &bytes, bytes.count)
    let owner = count > 0 ? try? JSONDecoder().decode(FolderOwner.self, from: Data(bytes.prefix(count))) : nil
    return LockFile(owner: owner, touched: seconds(status.st_mtim))
  }

  /// Makes the file unless there is one already. Source: link(2)
  ///
  /// - Returns: false if there is one.
  /// - Throws: `FileError` if it can't be made.
  static func create(_ path: String, owner: FolderOwner) throws -> Bool {
    let temporary = try written(path, owner: owner)
    return try temporary.commitIfAbsent()
  }

  /// Replaces a stale file. Source: rename(2)
  static func replace(_ path: String, owner: FolderOwner) throws {
    let temporary = try written(path, owner: owner)
    try temporary.commit(flush: false)
  }

  /// The file server's present time: that of a file which has just been made.
  static func serverTime(beside path: String) throws -> Double {
    let temporary = TemporaryFile(for: path)
    let descriptor = open(temporary.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw FileError("open", "write", path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw FileError("fstat", "write", path) }
    return seconds(status.st_mtim)
  }

  private static func written(_ path: String, owner: FolderOwner) throws -> TemporaryFile {
    let bytes = try JSONText.encoder().encode(owner) + [UInt8(ascii: "\n")]
    let temporary = TemporaryFile(for: path)
    let descriptor = open(temporary.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw FileError("open", "lock the folder of", path) }
    let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    let code = errno
    guard close(descriptor) == 0, count == bytes.count else { throw FileError("write", "lock the folder of", path, code: code) }
    return temporary
  }

  private static func seconds(_ time: timespec) -> Double { Double(time.tv_sec) + Double(time.tv_nsec) / 1e9 }
}
