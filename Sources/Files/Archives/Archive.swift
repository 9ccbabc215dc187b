import Foundation
import Synchronization
import Threads

/// An archive that is open for reading, with the index of its members. All threads share it.
final class Archive: Sendable {
  enum Format: String, Sendable {
    case tar, gzippedTar, zip
    /// Compressed as a whole in a form that isn't unpacked here (bzip2, xz, Zstandard).
    case otherTar

    /// The format that the ending of a name stands for; nil if the name has no archive's ending.
    init?(name: ArraySlice<UInt8>) {
      for known in Self.endings
      where name.count > known.ending.count && Self.isSame(name.suffix(known.ending.count), known.ending) {
        self = known.format
        return
      }
      return nil
    }

    private static let endings = Self.byEnding.map { (ending: Array($0.key.utf8), format: $0.value) }
    private static let byEnding: [String: Format] = [
      ".tar": .tar, ".zip": .zip, ".tgz": .gzippedTar, ".tar.gz": .gzippedTar, ".tar.bz2": .otherTar, ".tbz2": .otherTar,
      ".tar.xz": .otherTar, ".txz": .otherTar, ".tar.zst": .otherTar,
    ]

    /// Compares without regard to upper and lower case.
    private static func isSame(_ bytes: ArraySlice<UInt8>, _ ending: [UInt8]) -> Bool {
      Swift.zip(bytes, ending).allSatisfy { $0 == $1 || $0 | 0x20 == $1 && $1 >= 0x61 }
    }

    /// The format that a file's first bytes show, which count more than its name; nil if they show none.
    init?(start: [UInt8]) {
      if start.starts(with: [0x1F, 0x8B]) {
        self = .gzippedTar
      } else if start.starts(with: [0x50, 0x4B, 3, 4]) || start.starts(with: [0x50, 0x4B, 5, 6]) {
        self = .zip
      } else if start.starts(with: Array("BZh".utf8)) || start.starts(with: [0xFD, 0x37, 0x7A, 0x58, 0x5A])
        || start.starts(with: [0x28, 0xB5, 0x2F, 0xFD])
      {
        self = .otherTar
      } else {
        return nil
      }
    }
  }

  let path: FileName
  let version: FileStamp
  let format: Format
  /// The bytes that the index's offsets count in.
  let source: any ByteSource
  let index: ArchiveIndex

  /// - Parameter index: The index of the members, if it is already known; nil to read it from the file.
  /// - Throws: `FileError` if the file can't be read, is damaged, or its members can't be read one by one.
  init(_ file: PlacedFile, index: ArchiveIndex? = nil) throws(FileError) {
    (path, version) = (file.path, file.version)
    format = try Self.format(of: file)
    source = format == .gzippedTar ? try PackedBytes(unpacking: file) : file
    if let index {
      self.index = index
      return
    }
    file.expectScatteredReads(true)
    defer { file.expectScatteredReads(false) }
    self.index = try Self.index(source, format, path)
  }

  static func format(of file: PlacedFile) throws(FileError) -> Format {
    let start = try file.bytes(min(512, file.size), at: 0)
    guard !start.isEmpty else { throw FileError(.cut("it is empty"), file.path, at: 0) }
    let format = Format(start: start) ?? (Format(name: file.path.bytes[...]) == .zip ? .zip : .tar)
    guard format != .otherTar else {
      throw FileError(
        .unsupported(
          "it is compressed in a way that isn't read here", remedy: "uncompress it (bunzip2, unxz, zstd -d) to a plain tar"),
        file.path, at: 0)
    }
    return format
  }

  private static func index(_ source: any ByteSource, _ format: Format, _ path: FileName) throws(FileError) -> ArchiveIndex {
    let outer = try outerIndex(source, format, path)
    let inner = outer.archives
    var parts = try inParallel(inner.count) { number throws(FileError) in try innerIndex(source, outer, inner[number], path) }
    var index = outer
    index.reserve(for: zip(inner, parts).map { ($1, outer.name($0)) })
    for (place, number) in inner.enumerated() {
      guard index.append(parts[place], in: index.name(number)) else {
        throw FileError(.tooLarge("its names have more than \(ArchiveIndex.mostNameBytes) bytes"), path, at: 0)
      }
      // Frees this part, so that the members of a large archive aren't in memory twice.
      parts[place] = ArchiveIndex()
    }
    index.sort()
    return index
  }

  /// The archive's own members, in its order.
  static func outerIndex(_ source: any ByteSource, _ format: Format, _ path: FileName) throws(FileError) -> ArchiveIndex {
    format == .zip ? try ZipReader.index(source, path: path) : try TarReader.index(source, 0..<source.size, path: path)
  }

  /// The members of the tar inside the archive that has this number in `outer`.
  static func innerIndex(
    _ source: any ByteSource, _ outer: ArchiveIndex, _ number: Int, _ path: FileName
  ) throws(FileError) -> ArchiveIndex {
    let member = outer.member(number)
    return try TarReader.index(source, member.offset..<(member.offset + member.size), path: path.appending(outer.name(number)))
  }

  // MARK: - The archives in use

  /// Holds the one archive of a path, which the first thread that asks for it opens.
  private final class Slot: Sendable { let archive = Mutex<Archive?>(nil) }

  private static let slots = Mutex<[FileName: Slot]>([:])

  static func isKnown(_ path: FileName) -> Bool { slots.withLock { $0[path] != nil } }

  private static func slot(of path: FileName) -> Slot {
    slots.withLock { slots in
      let slot = slots[path] ?? Slot()
      slots[path] = slot
      return slot
    }
  }

  /// The open archive of that path, opened if it isn't yet.
  ///
  /// - Parameter anew: true to open the archive again if the file has changed since.
  static func at(_ path: FileName, anew: Bool = false) throws(FileError) -> Archive {
    let result = slot(of: path).archive.withLock { known in
      Result { () throws(FileError) -> Archive in
        if let known, !anew { return known }
        let file = try PlacedFile(path)
        if let known, known.version == file.version { return known }
        let archive = try Archive(file)
        known = archive
        return archive
      }
    }
    return try result.get()
  }

  /// The archive of that path; nil if this process has not listed it.
  static func known(_ path: FileName) -> Archive? {
    slots.withLock({ $0[path] })?.archive.withLock { $0 }
  }

  /// Opens the archive with an index that was made elsewhere.
  ///
  /// - Throws: `FileError` if the file can't be opened, or has changed since the index was made.
  static func install(_ path: FileName, _ version: FileStamp, _ index: ArchiveIndex) throws(FileError) {
    let file = try PlacedFile(path)
    guard file.version == version else { throw FileError(.changed, path, at: 0) }
    let archive = try Archive(file, index: index)
    slot(of: path).archive.withLock { $0 = archive }
  }
}
