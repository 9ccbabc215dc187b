import Foundation

/// Small files that get their name only when they are whole: a reader sees either the old file or the new one, never a part, even
/// after a crash.
public enum AtomicFile {
  /// Writes `bytes` to `path`, replacing the file that is there.
  ///
  /// - Parameter flush: false leaves it to the system when the bytes reach the disk; for many files that can be made again.
  /// - Throws: `FileError` with the path and the system's reason; nothing of the new file is left then.
  public static func write(_ bytes: some Collection<UInt8>, to path: String, flush: Bool = true) throws(FileError) {
    try FileActivity.during(.writing, path) { () throws(FileError) in try writeNow(bytes, to: path, flush: flush) }
  }

  private static func writeNow(_ bytes: some Collection<UInt8>, to path: String, flush: Bool) throws(FileError) {
    let file = try FileWriter(path)
    let contiguous = bytes.withContiguousStorageIfAvailable { Self.append($0, to: file) }
    let failure = contiguous ?? Array(bytes).withUnsafeBufferPointer { Self.append($0, to: file) }
    if let failure { throw failure }
    try file.commit(flush: flush)
  }

  /// Writes text in UTF-8; see `write(_:to:flush:)`.
  public static func write(_ text: String, to path: String, flush: Bool = true) throws(FileError) {
    try write(Array(text.utf8), to: path, flush: flush)
  }

  private static func append(_ bytes: UnsafeBufferPointer<UInt8>, to file: FileWriter) -> FileError? {
    do {
      try file.append(UnsafeRawBufferPointer(bytes))
      return nil
    } catch {
      return error
    }
  }
}
