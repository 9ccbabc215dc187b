import Foundation

/// Small files that appear under their name only when they are whole: a reader sees the old file or the new one, never a
/// part, also after a crash.
public enum AtomicFile {
  /// Writes `bytes` to `path`, replacing a file that is there.
  ///
  /// - Parameter flush: false leaves the writing to the disk to the system: for thousands of files that can be made again.
  /// - Throws: `FileError` with the path and the system's reason; nothing of the new file is left then.
  public static func write(_ bytes: some Collection<UInt8>, to path: String, flush: Bool = true) throws(FileError) {
    let temporary = TemporaryFile(for: path)
    let descriptor = open(temporary.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw FileError("open", "write", path) }
    let contiguous = bytes.withContiguousStorageIfAvailable { writeAll($0, to: descriptor, path: path) }
    let failure = contiguous ?? Array(bytes).withUnsafeBufferPointer { writeAll($0, to: descriptor, path: path) }
    if let error = failure {
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

  private static func writeAll(_ bytes: UnsafeBufferPointer<UInt8>, to descriptor: Int32, path: String) -> FileError? {
    var sent = 0
    while sent < bytes.count {
      let result = Foundation.write(descriptor, bytes.baseAddress! + sent, bytes.count - sent)
      if result < 0 {
        if errno == EINTR { continue }
        return FileError("write", "write", path)
      }
      sent += result
    }
    return nil
  }
}
