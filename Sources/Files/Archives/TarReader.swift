/// Reads the headers of a tar and skips the data between them.
///
/// libarchive reads the same formats. But it accepts a tar that was cut between two members as a whole one, and it converts names
/// to the locale's characters.
struct TarReader {
  private let source: any ByteSource
  private let path: FileName
  /// The range of the tar's bytes in the source.
  private let range: Range<Int>
  private var offset: Int
  private var index = ArchiveIndex()
  /// The facts about the next member that extended headers state.
  private var next = Extension()

  private struct Extension {
    var name: [UInt8]?
    var size: Int?
    var isSparse = false
  }

  private static let block = TarHeader.blockBytes
  private static let longestExtension = 1 << 20

  /// The members of a tar, in the order of the tar.
  ///
  /// - Parameters:
  ///   - range: The range of the tar's bytes in the source.
  ///   - path: The name that errors use.
  /// - Throws: `FileError` if the tar is cut or damaged, with the offset of the byte in the source.
  static func index(_ source: any ByteSource, _ range: Range<Int>, path: FileName) throws(FileError) -> ArchiveIndex {
    var reader = TarReader(source: source, path: path, range: range, offset: range.lowerBound)
    while try reader.readMember() {}
    return reader.index
  }

  private init(source: any ByteSource, path: FileName, range: Range<Int>, offset: Int) {
    (self.source, self.path, self.range, self.offset) = (source, path, range, offset)
  }

  /// - Returns: false at the end of the tar.
  private mutating func readMember() throws(FileError) -> Bool {
    let start = offset
    guard range.upperBound - offset >= Self.block else {
      let rest = range.upperBound - offset
      throw problem(
        .cut(rest == 0 ? "its end lacks the mark of zeros" : "\(rest) bytes are left where a header of 512 is expected"))
    }
    guard let header = try header(at: offset) else {
      try requireEnd()
      return false
    }
    offset += Self.block
    let size = try dataSize(of: header)
    let data = offset..<(offset + size)
    try skip(size)
    switch header.kind {
    case .longName: next.name = Array(try content(data).prefix { $0 != 0 })
    case .records: try readRecords(try content(data), at: data.lowerBound)
    case .longTarget, .commonRecords, .label: break
    default:
      try add(header, data, at: start)
      next = Extension()
    }
    return true
  }

  private func header(at offset: Int) throws(FileError) -> TarHeader? {
    let block = try source.bytes(Self.block, at: offset)
    do throws(TarHeader.Problem) {
      return try TarHeader(block)
    } catch {
      guard case .noHeader(let what) = error else { return nil }
      throw FileError(.damaged(what), path, at: offset)
    }
  }

  /// True if a header, or the end of the tar, is at that offset.
  private func isHeader(at place: Int) throws(FileError) -> Bool {
    guard range.upperBound - place >= Self.block else { return true }
    do throws(FileError) { _ = try header(at: place) } catch {
      if error.kind == .damagedArchive { return false }
      throw error
    }
    return true
  }

  /// The number of the member's data bytes. The stated size is compared with the bytes that are there before anything relies on
  /// it.
  private func dataSize(of header: TarHeader) throws(FileError) -> Int {
    switch header.kind {
    case .folder, .link, .device: return 0
    case .hardLink:
      // Some programs state the size of the linked file here, but store no bytes.
      return try isHeader(at: offset) ? 0 : header.size
    default: break
    }
    let size = header.kind == .longName || header.kind == .records ? header.size : next.size ?? header.size
    guard size <= range.upperBound - offset else {
      let name = FileName(bytes: next.name ?? header.name)
      throw FileError(
        .cut("the member \(name) has \(size) bytes, and \(range.upperBound - offset) are there"), path, at: offset - Self.block)
    }
    return size
  }

  /// Skips the member's data, which fill whole blocks.
  private mutating func skip(_ size: Int) throws(FileError) {
    let padded = (size + Self.block - 1) / Self.block * Self.block
    guard padded <= range.upperBound - offset else {
      throw problem(.cut("a member's last block ends behind the archive"))
    }
    offset += padded
  }

  private func content(_ data: Range<Int>) throws(FileError) -> [UInt8] {
    guard data.count <= Self.longestExtension else {
      throw FileError(.damaged("an extended header of \(data.count) bytes"), path, at: data.lowerBound)
    }
    return try source.bytes(data.count, at: data.lowerBound)
  }

  // MARK: - Records of pax

  /// Reads records of the form "length key=value\n", where the length counts its own digits too.
  private mutating func readRecords(_ bytes: [UInt8], at place: Int) throws(FileError) {
    var rest = bytes[...]
    while let first = rest.first, first != 0 {
      let digits = rest.prefix { (0x30...0x39).contains($0) }
      let length = digits.count <= 7 ? Int(String(decoding: digits, as: UTF8.self)) ?? 0 : 0
      guard length > digits.count + 2, length <= rest.count, rest[rest.startIndex + digits.count] == 0x20 else {
        throw FileError(.damaged("an extended header without its records"), path, at: place + rest.startIndex)
      }
      let record = rest.prefix(length - 1).dropFirst(digits.count + 1)
      rest = rest.dropFirst(length)
      guard let equals = record.firstIndex(of: UInt8(ascii: "=")) else { continue }
      let value = record[(equals + 1)...]
      switch String(decoding: record[..<equals], as: UTF8.self) {
      case "path": next.name = Array(value)
      case "size":
        guard value.count <= 18, let size = Int(String(decoding: value, as: UTF8.self)), size >= 0 else {
          throw FileError(.damaged("an extended header that says no size"), path, at: place)
        }
        next.size = size
      case let key where key.hasPrefix("GNU.sparse."): next.isSparse = true
      default: break
      }
    }
  }

  // MARK: - Members

  private mutating func add(_ header: TarHeader, _ data: Range<Int>, at start: Int) throws(FileError) {
    if header.isExtended { try skipExtensions(at: data.lowerBound) }
    let stated = next.name ?? header.name
    guard let name = ArchiveIndex.Member.path(stated) else {
      throw FileError(.leadsOut(FileName(bytes: stated)), path, at: start)
    }
    if name.isEmpty { return }
    let kind: ArchiveIndex.Kind
    switch header.kind {
    case .folder: kind = .folder
    case .hardLink, .link: kind = .link
    case .device: kind = .device
    case .volumePart: kind = .volumePart
    case .sparse: kind = .sparse
    // A tar from before POSIX marks a folder only by a slash at the end of its name.
    case .file where data.isEmpty && stated.last == UInt8(ascii: "/"): kind = .folder
    default: kind = next.isSparse ? .sparse : FileName(bytes: name).ending == "tar" && !data.isEmpty ? .archive : .stored
    }
    let member = ArchiveIndex.Member(kind: kind, offset: data.lowerBound, size: data.count)
    guard index.append(kind == .folder ? name + [UInt8(ascii: "/")] : name, member) else {
      throw FileError(.tooLarge("its names have more than \(ArchiveIndex.mostNameBytes) bytes"), path, at: start)
    }
  }

  /// Skips the blocks that say where a sparse file's parts belong. They come before its data, and the stated size doesn't count
  /// them.
  private mutating func skipExtensions(at first: Int) throws(FileError) {
    var place = first
    var isExtended = true
    while isExtended {
      guard range.upperBound - offset >= Self.block else { throw problem(.cut("it ends in the header of a sparse member")) }
      isExtended = try source.bytes(Self.block, at: place)[504] != 0
      place += Self.block
      // The data end one block later too.
      offset += Self.block
    }
  }

  // MARK: - The end

  /// Throws if another tar follows: two tars may have been joined, and the second must not be left out silently.
  private func requireEnd() throws(FileError) {
    var place = offset
    let end = min(range.upperBound, offset + (1 << 16))
    while end - place >= Self.block {
      let block = try source.bytes(Self.block, at: place)
      if let second = try? TarHeader(block) {
        throw FileError(
          .unsupported(
            "another tar begins behind the end of the first, with \(FileName(bytes: second.name))",
            remedy: "put them into one (tar --concatenate), or give both as files"), path, at: place)
      }
      place += Self.block
    }
  }

  private func problem(_ problem: ArchiveProblem) -> FileError { FileError(problem, path, at: offset) }
}

extension ArchiveIndex.Member {
  /// A member's path without `.`, double slashes, and slashes at its ends; nil if it would lead out of the archive.
  static func path(_ name: some Collection<UInt8>) -> [UInt8]? {
    let slash = UInt8(ascii: "/")
    let parts = name.split(separator: slash).filter { !$0.elementsEqual(".".utf8) }
    guard !parts.contains(where: { $0.elementsEqual("..".utf8) || $0.contains(0) }) else { return nil }
    return Array(parts.joined(separator: [slash]))
  }
}
