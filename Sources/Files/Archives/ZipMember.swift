/// Reads one member of a zip.
///
/// Source: PKWARE's APPNOTE.TXT, 4.3.7 (the local header), 4.4.5 (stored, deflated).
struct ZipMember {
  static let headerBytes = 30
  private static let pieceBytes = 1 << 18

  let source: any ByteSource
  /// The path of the member, for errors.
  let path: FileName
  let member: ArchiveIndex.Member

  /// Fills the buffer with the member's first bytes. The checksum is compared only if the buffer takes all of them.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(FileError) {
    let data = try dataOffset()
    if member.kind == .stored {
      try source.read(into: buffer, at: data)
    } else {
      try unpack(at: data, into: buffer)
    }
    guard buffer.count == member.size, DeflateStream.checksum(UnsafeRawBufferPointer(buffer)) != member.checksum else { return }
    throw FileError(.damaged("the member's bytes have another checksum than the zip's directory states"), path, at: data)
  }

  /// The offset of the member's data. It follows the local header, whose extra fields may differ in length from the directory's.
  private func dataOffset() throws(FileError) -> Int {
    let header = try source.bytes(Self.headerBytes, at: member.offset)
    guard header.number(4, 0) == 0x0403_4B50 else {
      throw FileError(.damaged("the member's header is expected, and none is there"), path, at: member.offset)
    }
    let data = member.offset + Self.headerBytes + header.number(2, 26) + header.number(2, 28)
    guard member.packedSize <= source.size - min(data, source.size) else {
      throw FileError(.cut("the member's \(member.packedSize) bytes end behind the zip"), path, at: data)
    }
    return data
  }

  private func unpack(at data: Int, into buffer: UnsafeMutableRawBufferPointer) throws(FileError) {
    var (taken, made) = (0, 0)
    do throws(DeflateStream.Problem) {
      let stream = try DeflateStream(.none)
      while made < buffer.count {
        let count = min(Self.pieceBytes, member.packedSize - taken)
        let piece: [UInt8]
        do throws(FileError) { piece = try source.bytes(count, at: data + taken) } catch { throw DeflateStream.Problem(error) }
        let step = try Self.unpack(piece, stream, UnsafeMutableRawBufferPointer(rebasing: buffer[made...]))
        taken += step.taken
        made += step.made
        if stream.isAtEnd || step.taken == 0 && step.made == 0 { break }
      }
    } catch {
      throw error.cause ?? FileError(.damaged("deflate: \(error.text)"), path, at: data + taken)
    }
    guard made == buffer.count else {
      throw FileError(.damaged("the member unpacks to \(made) bytes, \(member.size) are stated"), path, at: data)
    }
  }

  private static func unpack(
    _ piece: [UInt8], _ stream: DeflateStream, _ buffer: UnsafeMutableRawBufferPointer
  ) throws(DeflateStream.Problem) -> (taken: Int, made: Int) {
    let result = piece.withUnsafeBytes { bytes in
      Result { () throws(DeflateStream.Problem) in try stream.unpack(bytes, into: buffer) }
    }
    return try result.get()
  }
}
