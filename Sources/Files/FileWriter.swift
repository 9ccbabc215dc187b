import Foundation

/// A file that is written piece by piece, and gets its name only by `commit()`, when it is whole. Only one thread at a time may
/// use it.
public final class FileWriter {
  private var temporary: TemporaryFile?
  private let path: String
  /// Negative if the file is closed.
  private var descriptor: Int32

  /// Creates a file with a temporary name in the folder of `path`. Without `commit` it is removed again. Source: open(2)
  /// - Throws: `FileError` with the path and the system's reason.
  public init(_ path: String) throws(FileError) {
    let temporary = TemporaryFile(for: path)
    self.path = path
    descriptor = open(temporary.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    let code = errno
    self.temporary = consume temporary
    guard descriptor >= 0 else { throw FileError("open", "write", path, code: code) }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Appends bytes to the file. Source: write(2)
  public func append(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    try FileActivity.during(.writing, path) { () throws(FileError) in try appendNow(bytes) }
  }

  private func appendNow(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    var sent = 0
    while sent < bytes.count {
      let result = write(descriptor, bytes.baseAddress! + sent, bytes.count - sent)
      if result < 0 {
        if errno == EINTR { continue }
        throw FileError("write", "write", path)
      }
      sent += result
    }
  }

  /// Gives the file its name; see `TemporaryFile.commit(flush:)`. Nothing can be written afterwards.
  public func commit(flush: Bool = true) throws(FileError) {
    try FileActivity.during(.writing, path) { () throws(FileError) in try commitNow(flush: flush) }
  }

  private func commitNow(flush: Bool) throws(FileError) {
    guard let temporary = temporary.take() else { preconditionFailure("\(path) has its name already") }
    // Network file systems report a full disk or quota on closing.
    let result = close(descriptor)
    descriptor = -1
    guard result == 0 else { throw FileError("close", "write", path) }
    try temporary.commit(flush: flush)
  }
}
