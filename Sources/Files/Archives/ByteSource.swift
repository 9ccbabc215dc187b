import Foundation

/// Bytes that any thread can read at any offset: those of a file, or those that a small compressed file unpacks to.
protocol ByteSource: Sendable {
  var size: Int { get }
  /// Fills the buffer with the bytes from `offset` on.
  ///
  /// - Throws: `FileError` if the source has fewer bytes, or they can't be read.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError)
}

extension ByteSource {
  func bytes(_ count: Int, at offset: Int) throws(FileError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let result = bytes.withUnsafeMutableBytes { buffer in
      Result { () throws(FileError) in try read(into: buffer, at: offset) }
    }
    try result.get()
    return bytes
  }
}

/// A file that is read at any offset. A storage that is away is waited for; see `StoragePatience`.
///
/// The file stays open, unless too many are open already (`OpenDescriptor`): then each read opens it. After a fault of the
/// storage it is opened again.
final class PlacedFile: ByteSource {
  let path: FileName
  let version: FileStamp
  private let descriptor: OpenDescriptor

  var size: Int { version.bytes }

  /// - Throws: `FileError` if the file can't be opened, or is no regular file.
  init(_ path: FileName) throws(FileError) {
    self.path = path
    (descriptor, version) = try StoragePatience.read(path, code: Self.code, givingUp: { FileError($0, path: path.written) }) {
      () throws(FileError) in
      let (descriptor, version) = try Self.open(path)
      return (OpenDescriptor(descriptor), version)
    }
  }

  private static func code(_ error: FileError) -> Int32? { error.code == 0 ? nil : error.code }

  /// Source: open(2), fstat(2)
  private static func open(_ path: FileName) throws(FileError) -> (Int32, FileStamp) {
    let descriptor = path.withCString { Glibc.open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
    guard descriptor >= 0 else { throw FileError("open", "read", path.written) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let error = FileError("fstat", "read", path.written)
      close(descriptor)
      throw error
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw FileError(action: "read", path: path.written, reason: "it is no regular file")
    }
    return (descriptor, FileStamp(status))
  }

  /// Turns the system's read-ahead off or on: the headers of an archive are about a hundred kilobytes apart, and what lies
  /// between them isn't wanted. Source: posix_fadvise(2)
  func expectScatteredReads(_ areScattered: Bool) {
    try? descriptor.use({ () throws(FileError) in try reopened() }) { handle throws(FileError) in
      _ = posix_fadvise(handle, 0, 0, areScattered ? POSIX_FADV_RANDOM : POSIX_FADV_NORMAL)
    }
  }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError) {
    guard offset >= 0, buffer.count <= size - min(offset, size) else {
      throw FileError(.cut("it has \(size) bytes, and \(buffer.count) more are expected here"), path, at: offset)
    }
    if buffer.isEmpty { return }
    try StoragePatience.read(
      path, code: Self.code, otherReads: { self.isReadable(besides: offset) },
      givingUp: { FileError($0, path: self.path.written) }
    ) { () throws(FileError) in
      do throws(FileError) {
        try descriptor.use({ () throws(FileError) in try self.reopened() }) { handle throws(FileError) in
          try readOnce(handle, buffer, at: offset)
        }
      } catch {
        if error.code != 0 { descriptor.forget() }
        throw error
      }
    }
  }

  /// Source: pread(2)
  private func readOnce(_ handle: Int32, _ buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError) {
    var count = 0
    while count < buffer.count {
      let result = pread(handle, buffer.baseAddress! + count, buffer.count - count, off_t(offset + count))
      if result < 0 {
        if errno == EINTR { continue }
        throw FileError("pread at byte \(offset + count)", "read", path.written)
      }
      guard result > 0 else { throw FileError(.changed, path, at: offset + count) }
      count += result
    }
  }

  private func reopened() throws(FileError) -> Int32 {
    let (descriptor, version) = try Self.open(path)
    guard version == self.version else {
      close(descriptor)
      throw FileError(.changed, path, at: 0)
    }
    return descriptor
  }

  /// True if another part of the file can be read: then one place on the disk is bad, and not the storage.
  private func isReadable(besides offset: Int) -> Bool? {
    let distance = 1 << 24
    let other = offset > distance ? offset - distance : offset + distance
    return (other < size ? StorageFault.isReadable(path, at: other) : nil) ?? StorageFault.isNeighbourReadable(of: path)
  }
}
