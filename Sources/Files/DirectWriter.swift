import Foundation

/// Writes large blocks into an existing file past the page cache.
///
/// A block of hundreds of megabytes that nobody will read soon costs several times the processor's time by way of the cache, which
/// a training at the same moment would miss, and drives out what others keep there. Source: open(2), O_DIRECT
public final class DirectWriter {
  /// Offsets and lengths that every disk takes.
  public static let alignment = 4096

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
  // Opened and made when they are needed: most files have no large block.
  /// Negative where the file system takes no such writes.
  private lazy var descriptor = Self.direct == 0 ? -1 : open(path, O_WRONLY | O_CLOEXEC | Self.direct)
  private var piece: UnsafeMutableRawPointer?

  /// - Parameters:
  ///   - path: of a file that is there.
  ///   - name: that errors use.
  public init(_ path: String, named name: String) {
    self.path = path
    self.name = name
  }

  deinit {
    guard let piece else { return }
    piece.deallocate()
    if descriptor >= 0 { close(descriptor) }
  }

  /// - Parameter offset: a multiple of `alignment`.
  /// - Returns: false where the file system takes no such writes: the caller has to write the bytes in another way.
  /// - Throws: `FileError`, of kind `noSpace` on a full disk.
  public func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileError) -> Bool {
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

  /// What is left of a block goes the usual way: its page may hold something else too.
  private func writeEnd(_ bytes: UnsafeRawBufferPointer.SubSequence, at offset: Int) throws(FileError) -> Bool {
    let usual = open(path, O_WRONLY | O_CLOEXEC)
    guard usual >= 0 else { throw FileError("open", "write", name) }
    defer { close(usual) }
    let bytes = UnsafeRawBufferPointer(rebasing: bytes)
    return try write(bytes.baseAddress!, bytes.count, at: offset, to: usual)
  }

  /// False where the file system answers that it can't. Source: pwrite(2)
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
