#if DEBUG || TESTABLE
  import TestSupport

  @testable import Files

  /// Tars, zips, and the indices of both: all members that are listed are read, too.
  func archiveReaders() throws -> [FuzzReader] {
    [tarReader(), zipReader(), indexReader()]
  }

  /// The input itself, as an archive's file.
  private struct InputBytes: ByteSource {
    let bytes: [UInt8]

    var size: Int { bytes.count }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError) {
      precondition(offset >= 0 && offset + buffer.count <= bytes.count, "\(buffer.count) bytes at \(offset) of \(bytes.count)")
      buffer.copyBytes(from: bytes[offset..<(offset + buffer.count)])
    }
  }

  private func visit(_ index: ArchiveIndex, _ read: (ArchiveIndex.Member) throws -> Void) throws {
    var index = index
    index.sort()
    for number in 0..<index.count {
      let name = index.name(number)
      _ = index.contents(of: name.folder)
      if let member = index.member(named: name), member.kind.rawValue <= ArchiveIndex.Kind.archive.rawValue { try read(member) }
    }
    var bytes = index.serialized[...]
    precondition(ArchiveIndex(serialized: &bytes, limit: .max / 2) == index, "an index doesn't come back from its bytes")
  }

  private func tarReader() -> FuzzReader {
    FuzzReader(
      name: "tar",
      sources: ["Files/Archives/TarHeader.swift", "Files/Archives/TarReader.swift", "Files/Archives/ArchiveIndex.swift"],
      seeds: {
        var all: [[UInt8]] = []
        for form in TarWriter.NameForm.allCases {
          var tar = TarWriter(form)
          tar.add("a/b.txt", [1, 2, 3])
          tar.add("long/" + String(repeating: "n", count: 99), [4])
          for type in "125SMVg" { tar.add("odd\(type)", type: type) }
          all.append(tar.finished())
        }
        var sized = TarWriter()
        sized.add("pax", TarWriter.record("size", Array("5".utf8)) + TarWriter.record("GNU.sparse.major", [0x31]), type: "x")
        sized.add("file", [1, 2, 3, 4, 5])
        return all + [sized.finished()]
      },
      read: { bytes in
        let source = InputBytes(bytes: Array(bytes))
        let index = try TarReader.index(source, 0..<source.size, path: "a.tar")
        for number in index.archives { _ = try? Archive.innerIndex(source, index, number, "a.tar") }
        try visit(index) { _ = try source.bytes($0.size, at: $0.offset) }
      })
  }

  private func zipReader() -> FuzzReader {
    FuzzReader(
      name: "zip",
      sources: [
        "Files/Archives/ZipDirectory.swift", "Files/Archives/ZipReader.swift", "Files/Archives/ZipMember.swift",
        "Files/Archives/DeflateStream.swift",
      ],
      seeds: {
        [false, true].map { isZip64 in
          var zip = ZipWriter(isZip64: isZip64)
          let content = Array("some text, some text, some text".utf8)
          let checksum = content.withUnsafeBytes { DeflateStream.checksum($0) }
          let packed = content.withUnsafeBytes { Array(DeflateStream.packed($0).dropFirst(2).dropLast(4)) }
          zip.add(.init(name: Array("a/b".utf8), packed: content, size: content.count, checksum: checksum))
          zip.add(.init(name: Array("a/c".utf8), packed: packed, size: content.count, checksum: checksum, method: 8))
          zip.add(.init(name: Array("a/".utf8), packed: [], size: 0, checksum: 0))
          return zip.finished(comment: "end")
        }
      },
      read: { bytes in
        let source = InputBytes(bytes: Array(bytes))
        try visit(try ZipReader.index(source, path: "a.zip")) { member in
          guard member.size <= 1 << 22 else { return }
          let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: member.size, alignment: 16)
          defer { buffer.deallocate() }
          try ZipMember(source: source, path: "a.zip/x", member: member).read(into: buffer)
        }
      })
  }

  /// An index that was kept in a file, behind its checksum.
  private func indexReader() -> FuzzReader {
    FuzzReader(
      name: "archive-index", sources: ["Files/Archives/ArchiveIndex+Bytes.swift", "Files/Archives/ArchiveIndex.swift"],
      seeds: {
        var index = ArchiveIndex()
        for name in ["a/b", "a/c/d", "e"] { _ = index.append(Array(name.utf8), .init(offset: 512, size: 100)) }
        return [index.serialized]
      },
      read: { bytes in
        var rest = Array(bytes)[...]
        guard let index = ArchiveIndex(serialized: &rest, limit: 1 << 40) else { return }
        for number in 0..<index.count { _ = index.member(named: index.name(number)) }
        _ = index.contents(of: "a")
      })
  }
#endif
