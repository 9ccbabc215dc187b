import Foundation

/// Reads a zip's central directory one megabyte at a time: that of Kaggle's zip of ILSVRC has 150 MB.
///
/// libzip would keep some hundreds of bytes per member in memory, and reads with only one thread at a time.
/// Source: PKWARE's APPNOTE.TXT, 4.3.12 (the directory), 4.5.3 (Zip64's sizes).
struct ZipReader {
  private let source: any ByteSource
  private let path: FileName
  private let directory: ZipDirectory
  private var index = ArchiveIndex()
  private var seen = 0

  private static let headerBytes = 46
  private static let pieceBytes = 1 << 20
  private static let longestEntry = headerBytes + 3 * 0xFFFF

  /// The members, in the order of the directory.
  ///
  /// - Throws: `FileError` if the zip has no directory, or a damaged one.
  static func index(_ source: any ByteSource, path: FileName) throws(FileError) -> ArchiveIndex {
    var reader = ZipReader(source: source, path: path, directory: try ZipDirectory(of: source, path: path))
    try reader.readMembers()
    return reader.index
  }

  private init(source: any ByteSource, path: FileName, directory: ZipDirectory) {
    (self.source, self.path, self.directory) = (source, path, directory)
  }

  private mutating func readMembers() throws(FileError) {
    let end = directory.offset + directory.size
    var piece: [UInt8] = []
    // The offset in the file of the piece's first byte.
    var base = directory.offset
    var next = base
    while next < end {
      if next - base + Self.longestEntry > piece.count, base + piece.count < end {
        base = next
        piece = try source.bytes(min(Self.pieceBytes, end - next), at: next)
      }
      next += try readEntry(piece, next - base, at: next)
      seen += 1
    }
    // A record of 16 bits counts to 65,535 and then starts from 0 again.
    guard seen == directory.members || directory.members <= 0xFFFF && seen & 0xFFFF == directory.members else {
      throw FileError(
        .damaged("its directory has \(seen) members, and \(directory.members) are stated"), path, at: directory.end)
    }
  }

  /// - Returns: The length of the entry in bytes.
  private mutating func readEntry(_ piece: [UInt8], _ start: Int, at offset: Int) throws(FileError) -> Int {
    guard piece.count - start >= Self.headerBytes, piece.number(4, start) == 0x0201_4B50 else {
      throw FileError(.damaged("an entry of the zip's directory is expected, and none is there"), path, at: offset)
    }
    let (nameBytes, extraBytes) = (piece.number(2, start + 28), piece.number(2, start + 30))
    let length = Self.headerBytes + nameBytes + extraBytes + piece.number(2, start + 32)
    guard length <= piece.count - start else {
      throw FileError(.damaged("an entry of the zip's directory reaches beyond its end"), path, at: offset)
    }
    let nameStart = start + Self.headerBytes
    let name = piece[nameStart..<(nameStart + nameBytes)]
    guard let clean = ArchiveIndex.Member.path(name) else { throw FileError(.leadsOut(FileName(bytes: name)), path, at: offset) }
    guard !clean.isEmpty else { return length }
    var member = ArchiveIndex.Member(
      offset: piece.number(4, start + 42), size: piece.number(4, start + 24), packedSize: piece.number(4, start + 20),
      checksum: UInt32(piece.number(4, start + 16)))
    readLongSizes(Array(piece[name.endIndex..<(name.endIndex + extraBytes)]), &member)
    let isFolder = name.last == UInt8(ascii: "/")
    member.kind = isFolder ? .folder : Self.kind(piece, start)
    try require(member, FileName(bytes: name), at: offset)
    guard index.appendPacked(isFolder ? clean + [UInt8(ascii: "/")] : clean, member) else {
      throw FileError(.tooLarge("its names have more than \(ArchiveIndex.mostNameBytes) bytes"), path, at: offset)
    }
    return length
  }

  private static func kind(_ piece: [UInt8], _ start: Int) -> ArchiveIndex.Kind {
    let (flags, method) = (piece.number(2, start + 8), piece.number(2, start + 10))
    let isUnix = piece[start + 5] == 3
    if isUnix, UInt32(piece.number(4, start + 38) >> 16) & S_IFMT == S_IFLNK { return .link }
    if flags & 1 != 0 || method == 99 { return .encrypted }
    return method == 0 ? .stored : method == 8 ? .deflated : .otherCompression
  }

  /// Reads the 64-bit values of the Zip64 extra field. It holds, in this order, only those for which the entry itself has no
  /// room.
  private func readLongSizes(_ extra: [UInt8], _ member: inout ArchiveIndex.Member) {
    var place = 0
    while extra.count - place >= 4 {
      let (id, length) = (extra.number(2, place), extra.number(2, place + 2))
      place += 4
      guard length <= extra.count - place else { return }
      if id == 1 {
        var field = place
        for key in [\ArchiveIndex.Member.size, \.packedSize, \.offset] where member[keyPath: key] == 0xFFFF_FFFF {
          guard field + 8 <= place + length else { return }
          member[keyPath: key] = extra.number(8, field)
          field += 8
        }
      }
      place += length
    }
  }

  /// Compares what the directory states with the size of the file, before anything relies on it.
  private func require(_ member: ArchiveIndex.Member, _ name: FileName, at offset: Int) throws(FileError) {
    let room = directory.offset - ZipMember.headerBytes
    guard member.offset >= 0, member.packedSize >= 0, member.size >= 0, member.packedSize <= room,
      member.offset <= room - member.packedSize
    else {
      throw FileError(
        .damaged(
          "the member \(name) is stated at byte \(member.offset) with \(member.packedSize) bytes, which is beyond the members"),
        path, at: offset)
    }
    // Deflate makes at most 1,032 bytes from each byte of its stream.
    let isPossible = member.kind == .stored ? member.size == member.packedSize : member.size / 1032 <= member.packedSize
    guard isPossible || member.kind == .folder else {
      throw FileError(
        .damaged("the member \(name) is stated to have \(member.size) bytes, packed into \(member.packedSize)"), path, at: offset)
    }
  }
}
