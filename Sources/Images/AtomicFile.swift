import Foundation

/// Files that appear under their name only when they are whole.
///
/// The bytes go to a temporary name in the same folder (`.<name>.<process>-<number>.partial`), which is flushed to the
/// disk, renamed, and the folder flushed. A reader sees the old file or the new one, never a part, also after a crash.
public enum AtomicFile {
  /// Writes `bytes` to `path`, replacing a file that is there.
  ///
  /// - Throws: `ImageError` of kind `unwritable` with the path and the system's reason; the temporary file is removed.
  public static func write(_ bytes: some Collection<UInt8>, to path: String) throws(ImageError) {
    let folder = (path as NSString).deletingLastPathComponent
    let name = (path as NSString).lastPathComponent
    let number = UInt64.random(in: 0...UInt64.max)
    let temporary = (folder as NSString).appendingPathComponent(
      ".\(name).\(getpid())-\(String(number, radix: 36)).partial")

    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw failure(path, "open") }
    do throws(ImageError) {
      try writeAll(bytes, to: descriptor, path: path)
      if fsync(descriptor) != 0 { throw failure(path, "fsync") }
    } catch {
      close(descriptor)
      unlink(temporary)
      throw error
    }
    // Network file systems report a full disk or quota on closing.
    guard close(descriptor) == 0 else {
      let error = failure(path, "close")
      unlink(temporary)
      throw error
    }
    guard rename(temporary, path) == 0 else {
      let error = failure(path, "rename")
      unlink(temporary)
      throw error
    }
    flushFolder(folder.isEmpty ? "." : folder)
  }

  /// Writes text in UTF-8; see `write(_:to:)`.
  public static func write(_ text: String, to path: String) throws(ImageError) {
    try write(Array(text.utf8), to: path)
  }

  private static func writeAll(_ bytes: some Collection<UInt8>, to descriptor: Int32, path: String) throws(ImageError) {
    func send(_ buffer: UnsafeBufferPointer<UInt8>) -> ImageError? {
      var sent = 0
      while sent < buffer.count {
        let result = Foundation.write(descriptor, buffer.baseAddress! + sent, buffer.count - sent)
        if result < 0 {
          if errno == EINTR { continue }
          return failure(path, "write")
        }
        sent += result
      }
      return nil
    }
    let problem = bytes.withContiguousStorageIfAvailable(send) ?? Array(bytes).withUnsafeBufferPointer(send)
    if let problem { throw problem }
  }

  /// The rename itself must survive a crash; a file system that can't flush folders loses nothing else.
  private static func flushFolder(_ folder: String) {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    _ = fsync(descriptor)
    close(descriptor)
  }

  private static func failure(_ path: String, _ call: String) -> ImageError {
    let code = errno
    let hint =
      switch code {
      case ENOSPC, EDQUOT: "; free space and start again"
      case EACCES, EROFS, EPERM: "; choose a folder that you may write to"
      case ENOENT: "; make the folder first"
      default: ""
      }
    return ImageError(.unwritable, "cannot write \(path): \(call): \(String(cString: strerror(code)))\(hint)")
  }
}
