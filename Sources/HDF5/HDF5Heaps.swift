import Files
import Foundation
import Synchronization

/// Checks a file's collections of strings (its global heaps) before the library reads them.
///
/// They have no checksum, and HDF5 1.10 copies as many bytes of a string as its heap states, however many those are: a single
/// flipped bit makes it read and write beyond its memory. Source: HDF5 File Format Specification 3.0, III.E, *Disk Format: Level
/// 1E - Global Heap*
final class HDF5Heaps: Sendable {
  private let path: String
  /// Nil if the file hasn't been checked yet; otherwise why its strings can't be read, or an inner nil if they can.
  private let found = Mutex<String??>(nil)

  init(_ path: String) { self.path = path }

  /// The problem with a collection of strings; nil if all are sound. The file is searched only once.
  var problem: String? {
    found.withLock { found in
      if let known = found { return known }
      let problem = look()
      found = .some(problem)
      return problem
    }
  }

  /// The signature of a heap, with the number of its only version.
  private static let signature = Array("GCOL".utf8) + [1]
  private static let headerSize = 16
  private static let pieceSize = 4 << 20
  /// The library makes heaps of 4 KiB, or as large as a longer string.
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
      // Pieces overlap by a header's size, so that no header is cut.
      guard let piece = read(file, at: offset, Self.pieceSize + Self.headerSize) else { return nil }
      for place in Self.places(in: piece) where place < Self.pieceSize {
        if let problem = problem(file, at: offset + place, fileSize: size) { return problem }
      }
      offset += Self.pieceSize
    }
    return nil
  }

  /// The offset of the file's next stored bytes, from an offset on; nil if there are none. A data set that is declared but not
  /// written takes no space, and holds no strings. Source: lseek(2), SEEK_DATA
  private static func stored(_ file: FileHandle, from offset: Int) -> Int? {
    let found = lseek(file.fileDescriptor, off_t(offset), seekData)
    if found >= 0 { return Int(found) }
    return errno == ENXIO ? nil : offset
  }

  private func read(_ file: FileHandle, at offset: Int, _ count: Int) -> [UInt8]? {
    guard (try? file.seek(toOffset: UInt64(offset))) != nil, let data = try? file.read(upToCount: count) else { return nil }
    return [UInt8](data)
  }

  /// The places of the signature in the bytes.
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
    let size = header.number(8, 8)
    let fits = size >= 2 * Self.headerSize && size <= min(fileSize - offset, Self.largestHeap)
    // Values of data sets may happen to look like the signature, but hardly also like the zeros after it or like a size.
    let isHeap = header[5..<8].allSatisfy { $0 == 0 } || fits && size >= 4096
    guard isHeap else { return nil }
    let words = "a collection of its texts, at byte \(offset), is damaged"
    guard fits, let bytes = read(file, at: offset, size), bytes.count == size else { return words }
    var place = Self.headerSize
    while size - place >= Self.headerSize {
      let index = bytes.number(2, place)
      let length = bytes.number(8, place + 8)
      guard length >= 0, length <= size - place else { return words }
      // Index 0 is the free space at the end, whose length includes its header.
      if index == 0 { return length == size - place ? nil : words }
      place += Self.headerSize + (length + 7) / 8 * 8
    }
    return place <= size ? nil : words
  }
}
