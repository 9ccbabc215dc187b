import Files
import Foundation

/// Writes large blocks into an existing file without the page cache.
///
/// Through the cache, a block of hundreds of megabytes costs several times the processor time, which a training that runs
/// meanwhile needs, and drives out what other programs keep in the cache. Source: open(2), O_DIRECT
final class DirectWriter {
  /// Offsets and lengths that are multiples of this, in bytes, suit every disk.
  static let alignment = 4096

  #if arch(x86_64)
    private static let direct: Int32 = 0o40000
  #elseif arch(arm64)
    private static let direct: Int32 = 0o200000
  #else
    private static let direct: Int32 = 0
  #endif
  private static let pieceBytes = 4 << 20

  private let path: String
  private let name: String
  // The descriptor and the buffer are made only when they are needed: most files have no large block.
  /// Negative if the file system takes no such writes.
  private lazy var descriptor = Self.direct == 0 ? -1 : open(path, O_WRONLY | O_CLOEXEC | Self.direct)
  private var piece: UnsafeMutableRawPointer?

  /// - Parameters:
  ///   - path: The path of an existing file.
  ///   - name: The name that errors use.
  init(_ path: String, named name: String) {
    self.path = path
    self.name = name
  }

  deinit {
    guard let piece else { return }
    piece.deallocate()
    if descriptor >= 0 { close(descriptor) }
  }

  /// - Parameter offset: A multiple of `alignment`, in bytes.
  /// - Returns: false if the file system takes no such writes: the caller then has to write the bytes in another way.
  /// - Throws: `FileError`, of kind `noSpace` on a full disk.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileError) -> Bool {
    guard offset % Self.alignment == 0, let base = bytes.baseAddress else { return false }
    let piece = self.piece ?? .allocate(byteCount: Self.pieceBytes, alignment: Self.alignment)
    self.piece = piece
    guard descriptor >= 0 else { return false }
    let whole = bytes.count - bytes.count % Self.alignment
    for start in stride(from: 0, to: whole, by: Self.pieceBytes) {
      let count = min(Self.pieceBytes, whole - start)
      piece.copyMemory(from: base + start, byteCount: count)
      guard try write(piece, count, at: offset + start, to: descriptor) else { return false }
    }
    return whole == bytes.count ? true : try writeEnd(bytes[whole...], at: offset + whole)
  }

  /// Writes the rest of a block, which is no multiple of `alignment`, through the page cache: its page may hold other data too.
  private func writeEnd(_ bytes: UnsafeRawBufferPointer.SubSequence, at offset: Int) throws(FileError) -> Bool {
    let usual = open(path, O_WRONLY | O_CLOEXEC)
    guard usual >= 0 else { throw FileError("open", "write", name) }
    defer { close(usual) }
    let bytes = UnsafeRawBufferPointer(rebasing: bytes)
    return try write(bytes.baseAddress!, bytes.count, at: offset, to: usual)
  }

  /// Returns false if the file system doesn't take such writes. Source: pwrite(2)
  private func write(
    _ bytes: UnsafeRawPointer, _ count: Int, at offset: Int, to descriptor: Int32
  ) throws(FileError) -> Bool {
    var sent = 0
    while sent < count {
      let result = pwrite(descriptor, bytes + sent, count - sent, off_t(offset + sent))
      if result < 0 {
        if errno == EINTR { continue }
        if errno == EINVAL { return false }
        throw FileError("pwrite", "write", name)
      }
      sent += result
    }
    return true
  }
}
