import Synchronization

/// The bytes that a small gzip file unpacks to, for reading at any offset. They are kept in memory in pieces, each packed again.
///
/// The boxes of ILSVRC's training pictures are 800 MB of tiny texts and padding between them; packed, they take 30 MB.
final class PackedBytes: ByteSource {
  static let mostBytes = 4 << 30
  private static let pieceBytes = 1 << 18

  let size: Int
  private let pieces: [[UInt8]]
  /// The piece that was read last, unpacked.
  private let recent = Mutex<(number: Int, bytes: [UInt8])>((-1, []))

  /// - Throws: `FileError` if the file is cut, damaged, or unpacks to more than `limit` bytes.
  init(unpacking file: PlacedFile, limit: Int = mostBytes) throws(FileError) {
    var pieces: [[UInt8]] = []
    var size = 0
    try Self.unpack(file) { piece throws(FileError) in
      size += piece.count
      guard size <= limit else {
        throw FileError(
          .tooLarge("it unpacks to more than \(limit) bytes, which would have to be kept in memory"), file.path, at: 0)
      }
      pieces.append(DeflateStream.packed(piece))
    }
    (self.size, self.pieces) = (size, pieces)
  }

  /// Calls `body` with pieces of `pieceBytes` unpacked bytes; the last piece may be shorter.
  private static func unpack(
    _ file: PlacedFile, _ body: (UnsafeRawBufferPointer) throws(FileError) -> Void
  ) throws(FileError) {
    let input = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceBytes, alignment: 16)
    let output = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceBytes, alignment: 16)
    defer {
      input.deallocate()
      output.deallocate()
    }
    var (offset, filled) = (0, 0)
    var rest = UnsafeRawBufferPointer(start: nil, count: 0)
    do throws(DeflateStream.Problem) {
      let stream = try DeflateStream(.gzip)
      while true {
        if rest.isEmpty, offset < file.size {
          let next = UnsafeMutableRawBufferPointer(rebasing: input[0..<min(input.count, file.size - offset)])
          do throws(FileError) { try file.read(into: next, at: offset) } catch { throw DeflateStream.Problem(error) }
          offset += next.count
          rest = UnsafeRawBufferPointer(next)
        }
        // A gzip file may hold several streams, and may have zeros after the last.
        if stream.isAtEnd {
          guard rest.first == 0x1F else { break }
          stream.restart()
        }
        let (taken, made) = try stream.unpack(rest, into: UnsafeMutableRawBufferPointer(rebasing: output[filled...]))
        rest = UnsafeRawBufferPointer(rebasing: rest[taken...])
        filled += made
        if filled == output.count {
          do throws(FileError) { try body(UnsafeRawBufferPointer(output)) } catch { throw DeflateStream.Problem(error) }
          filled = 0
        } else if taken == 0, made == 0, rest.isEmpty, offset == file.size {
          throw DeflateStream.Problem(FileError(.cut("the gzip stream ends before its end"), file.path, at: offset))
        }
      }
    } catch {
      throw error.cause ?? FileError(.damaged("gzip: \(error.text)"), file.path, at: offset - rest.count)
    }
    if filled > 0 { try body(UnsafeRawBufferPointer(rebasing: output[0..<filled])) }
  }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError) {
    precondition(offset >= 0 && offset + buffer.count <= size, "bytes \(offset) to \(offset + buffer.count) of \(size)")
    var done = 0
    while done < buffer.count {
      let (number, start) = (offset + done).quotientAndRemainder(dividingBy: Self.pieceBytes)
      recent.withLock { recent in
        if recent.number != number { recent = (number, unpacked(number)) }
        let part = recent.bytes[start..<min(recent.bytes.count, start + buffer.count - done)]
        UnsafeMutableRawBufferPointer(rebasing: buffer[done...]).copyBytes(from: part)
        done += part.count
      }
    }
  }

  private func unpacked(_ number: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: min(Self.pieceBytes, size - number * Self.pieceBytes))
    let isWhole = bytes.withUnsafeMutableBytes { DeflateStream.unpack(pieces[number], into: $0) }
    precondition(isWhole, "a piece that this process packed itself doesn't unpack")
    return bytes
  }
}
