/// The place of a zip's central directory, as the record at the end of the zip states it.
///
/// Source: PKWARE's APPNOTE.TXT, 4.3.14 to 4.3.16 (Zip64's record, its locator, the end).
struct ZipDirectory {
  let offset: Int
  let size: Int
  /// The number of members that the record states.
  let members: Int
  /// The offset of the record at the end, before which the directory must end.
  let end: Int

  private static let endBytes = 22
  private static let longestComment = 0xFFFF

  private init(offset: Int, size: Int, members: Int, end: Int) {
    (self.offset, self.size, self.members, self.end) = (offset, size, members, end)
  }

  /// - Throws: `FileError` if there is no such record, or it states impossible numbers.
  init(of source: any ByteSource, path: FileName) throws(FileError) {
    let base = max(0, source.size - Self.endBytes - Self.longestComment)
    let tail = try source.bytes(source.size - base, at: base)
    let starts = tail.indices.dropLast(Self.endBytes - 1).reversed()
    // The zip's comment may hold the signature by chance. The true record is the one whose comment ends where the file ends.
    let found = starts.first { start in
      tail.number(4, start) == 0x0605_4B50 && start + Self.endBytes + tail.number(2, start + 20) == tail.count
    }
    guard let found else {
      throw FileError(.cut("the zip's directory, which stands at its end, isn't there"), path, at: source.size)
    }
    guard [0, 0xFFFF].contains(tail.number(2, found + 4)) else {
      throw FileError(
        .unsupported(
          "it is the last of several parts of a zip", remedy: "put the parts together: zip -s 0 PARTS.zip --out WHOLE.zip"),
        path, at: base + found)
    }
    self =
      try Self.long(source, path, endAt: base + found)
      ?? ZipDirectory(
        offset: tail.number(4, found + 16), size: tail.number(4, found + 12), members: tail.number(2, found + 10),
        end: base + found)
    guard offset >= 0, size >= 0, size <= end, offset <= end - size else {
      throw FileError(
        .cut("its directory is stated at byte \(offset) with \(size) bytes, and the file has \(source.size)"), path,
        at: base + found)
    }
  }

  /// The directory that the Zip64 records state; nil if there are none.
  private static func long(_ source: any ByteSource, _ path: FileName, endAt end: Int) throws(FileError) -> ZipDirectory? {
    guard end >= 20 else { return nil }
    let locator = try source.bytes(20, at: end - 20)
    guard locator.number(4, 0) == 0x0706_4B50 else { return nil }
    let offset = locator.number(8, 8)
    guard offset >= 0, offset <= end - 20 - 56 else {
      throw FileError(.damaged("its Zip64 record is stated at byte \(offset), behind the directory"), path, at: end - 20)
    }
    let record = try source.bytes(56, at: offset)
    guard record.number(4, 0) == 0x0606_4B50 else {
      throw FileError(.damaged("a Zip64 record is expected, and none is there"), path, at: offset)
    }
    return ZipDirectory(offset: record.number(8, 48), size: record.number(8, 40), members: record.number(8, 32), end: offset)
  }
}

extension [UInt8] {
  /// Reads a little-endian number of `bytes` bytes. One of eight bytes beyond `Int.max` becomes negative.
  package func number(_ bytes: Int, _ offset: Int) -> Int {
    (0..<bytes).reversed().reduce(0) { $0 << 8 | Int(self[offset + $1]) }
  }
}
