import Foundation
import Synchronization

/// Looks at the collections of texts in a file (its global heaps) before the library does.
///
/// They have no checksum, and HDF5 1.10 copies as many bytes of a text as its heap says, however many that are: with one bit changed it
/// reads and writes beyond its memory. Source: HDF5 File Format Specification 3.0, III.E, *Disk Format: Level 1E - Global Heap*
final class HDF5Heaps: Sendable {
  private let path: String
  /// Why the file's texts can't be read; nil within when they can, nil when nobody has looked yet.
  private let found = Mutex<String??>(nil)

  init(_ path: String) { self.path = path }

  /// What is wrong with a collection of texts; nil when all are sound. The file is looked through once.
  var problem: String? {
    found.withLock { found in
      if let known = found { return known }
      let problem = look()
      found = .some(problem)
      return problem
    }
  }

  /// The signature and the only version.
  private static let signature = Array("GCOL".utf8) + [1]
  private static let headerSize = 16
  private static let pieceSize = 4 << 20
  /// The library makes one of 4 KiB, or as large as a longer text.
  private static let largestHeap = 64 << 20
  /// SEEK_DATA of Linux, which Swift's modules leave out.
  private static let seekData: Int32 = 3

  private func look() -> String? {
    guard let file = FileHandle(forReadingAtPath: path) else { return nil }
    defer { try? file.close() }
    let size = Int((try? file.seekToEnd()) ?? 0)
    var offset = 0
    while let start = Self.stored(file, from: offset), start < size {
      offset = start
      // Pieces overlap, so that none cuts a header.
      guard let piece = read(file, at: offset, Self.pieceSize + Self.headerSize) else { return nil }
      for place in Self.places(in: piece) where place < Self.pieceSize {
        if let problem = problem(file, at: offset + place, fileSize: size) { return problem }
      }
      offset += Self.pieceSize
    }
    return nil
  }

  /// Where the file's next stored bytes are, from an offset on; nil when there are none. A data set that is only declared takes no
  /// space, and has no texts. Source: lseek(2), SEEK_DATA
  private static func stored(_ file: FileHandle, from offset: Int) -> Int? {
    let found = lseek(file.fileDescriptor, off_t(offset), seekData)
    if found >= 0 { return Int(found) }
    return errno == ENXIO ? nil : offset
  }

  private func read(_ file: FileHandle, at offset: Int, _ count: Int) -> [UInt8]? {
    guard (try? file.seek(toOffset: UInt64(offset))) != nil, let data = try? file.read(upToCount: count) else { return nil }
    return [UInt8](data)
  }

  /// Where the signature stands.
  private static func places(in bytes: [UInt8]) -> [Int] {
    bytes.withUnsafeBytes { bytes in
      var places: [Int] = []
      var start = 0
      while bytes.count - start >= signature.count, let base = bytes.baseAddress,
        let hit = memchr(base + start, Int32(signature[0]), bytes.count - start - signature.count + 1)
      {
        let place = UnsafeRawPointer(base).distance(to: UnsafeRawPointer(hit))
        if memcmp(hit, signature, signature.count) == 0 { places.append(place) }
        start = place + 1
      }
      return places
    }
  }

  private func problem(_ file: FileHandle, at offset: Int, fileSize: Int) -> String? {
    guard let header = read(file, at: offset, Self.headerSize), header.count == Self.headerSize else { return nil }
    let size = Self.number(header, 8, 8)
    let fits = size >= 2 * Self.headerSize && size <= min(fileSize - offset, Self.largestHeap)
    // Values of data sets may look like the signature; hardly like the zeros after it, or like a size.
    let isHeap = header[5..<8].allSatisfy { $0 == 0 } || fits && size >= 4096
    guard isHeap else { return nil }
    let words = "a collection of its texts, at byte \(offset), is damaged"
    guard fits, let bytes = read(file, at: offset, size), bytes.count == size else { return words }
    var place = Self.headerSize
    while size - place >= Self.headerSize {
      let index = Self.number(bytes, place, 2)
      let length = Self.number(bytes, place + 8, 8)
      guard length >= 0, length <= size - place else { return words }
      // The free space at the end, whose length counts its header.
      if index == 0 { return length == size - place ? nil : words }
      place += Self.headerSize + (length + 7) / 8 * 8
    }
    return place <= size ? nil : words
  }

  /// Little-endian; negative for numbers of 64 bits.
  private static func number(_ bytes: [UInt8], _ start: Int, _ count: Int) -> Int {
    Int(truncatingIfNeeded: bytes[start..<(start + count)].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
  }
}
