import Foundation

/// Small files that appear under their name only when they are whole: a reader sees the old file or the new one, never a
/// part, also after a crash.
public enum AtomicFile {
  /// Writes `bytes` to `path`, replacing a file that is there.
  ///
  /// - Parameter flush: false leaves the writing to the disk to the system: for thousands of files that can be made again.
  /// - Throws: `FileError` with the path and the system's reason; nothing of the new file is left then.
  public static func write(_ bytes: some Collection<UInt8>, to path: String, flush: Bool = true) throws(FileError) {
    try write(to: path, flush: flush) { writer throws(FileError) in
      let contiguous = bytes.withContiguousStorageIfAvailable { bytes in
        Result { () throws(FileError) in try writer.write(UnsafeRawBufferPointer(bytes)) }
      }
      let result =
        contiguous
        ?? Array(bytes).withUnsafeBytes { bytes in Result { () throws(FileError) in try writer.write(bytes) } }
      try result.get()
    }
  }

  /// Writes what `body` hands to its writer, piece by piece: for files that need not be in memory as a whole.
  public static func write(
    to path: String, flush: Bool = true, _ body: (Writer) throws(FileError) -> Void
  ) throws(FileError) {
    let temporary = TemporaryFile(for: path)
    let descriptor = open(temporary.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw FileError("open", "write", path) }
    do {
      try body(Writer(descriptor: descriptor, path: path))
    } catch {
      close(descriptor)
      throw error
    }
    // Network file systems report a full disk or quota on closing.
    guard close(descriptor) == 0 else { throw FileError("close", "write", path) }
    try temporary.commit(flush: flush)
  }

  /// Writes text in UTF-8; see `write(_:to:flush:)`.
  public static func write(_ text: String, to path: String, flush: Bool = true) throws(FileError) {
    try write(Array(text.utf8), to: path, flush: flush)
  }

  /// Where the pieces of a file go.
  public struct Writer {
    fileprivate let descriptor: Int32
    fileprivate let path: String

    public func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
      var sent = 0
      while sent < bytes.count {
        let result = Foundation.write(descriptor, bytes.baseAddress! + sent, bytes.count - sent)
        if result < 0 {
          if errno == EINTR { continue }
          throw FileError("write", "write", path)
        }
        sent += result
      }
    }
  }
}
