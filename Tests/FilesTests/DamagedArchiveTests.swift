import Foundation
import TestSupport
import Testing

@testable import Files

@Suite("Archives that are cut, damaged, or of kinds that can't be read")
struct DamagedArchiveTests {
  /// The error of reading all of an archive; nil if there is none.
  private func problem(_ bytes: [UInt8], _ name: String) throws -> FileError? {
    let scratch = try TemporaryFolder()
    try write(bytes, scratch.path(name))
    let root = FileName(scratch.path(name))
    do throws(FileError) {
      for file in try FolderTree(root).files { _ = try WholeFile.read(root.appending(file), limit: 1 << 20) }
      return nil
    } catch {
      return error
    }
  }

  private func tar(_ add: (inout TarWriter) -> Void) -> [UInt8] {
    var tar = TarWriter(.gnu)
    add(&tar)
    return tar.finished()
  }

  @Test("a tar that is cut anywhere before its end mark is an error that names the byte")
  func cutTar() throws {
    let whole = tar { tar in
      for size in [0, 700, 512] { tar.add("file \(size)", [UInt8](repeating: 7, count: size)) }
      tar.add(String(repeating: "long ", count: 40), [1])
    }
    #expect(try problem(whole, "a.tar") == nil)
    for length in Array(stride(from: 0, through: whole.count - 1024, by: 512)) + [1, 511, 513, 1100, whole.count - 1025] {
      let error = try problem(Array(whole[..<length]), "a.tar")
      #expect(error?.kind == .damagedArchive, "\(length)")
      #expect(
        error?.description.contains("cut") == true && error?.description.contains("at byte") == true, "\(error.debugDescription)")
    }
    // Cuts an archive that is inside another one.
    for length in stride(from: 512, through: whole.count - 1024, by: 512) {
      let error = try problem(tar { $0.add("inner.tar", Array(whole[..<length])) }, "outer.tar")
      #expect(error?.kind == .damagedArchive && error?.path.hasSuffix("outer.tar/inner.tar") == true, "\(length)")
    }
  }

  @Test("a changed byte of a header is found by its checksum, and no size is trusted")
  func damagedHeaders() throws {
    let whole = tar { $0.add("first", [1, 2, 3]) }
    for place in [0, 4, 120, 130, 150, 156, 260, 400] {
      var bytes = whole
      bytes[place] ^= 0x15
      #expect(try problem(bytes, "a.tar")?.kind == .damagedArchive, "\(place)")
    }
    let huge = TarWriter.header(Array("huge".utf8), size: 0o7777_7777_777) + [UInt8](repeating: 0, count: 2048)
    #expect(try problem(huge, "a.tar")?.description.contains("the member huge has 8589934591 bytes, and 2048 are there") == true)
    for size in ["99999999999999999", "-5", "x", "123456789012345678"] {
      let error = try problem(
        tar {
          $0.add("pax", TarWriter.record("size", Array(size.utf8)), type: "x"); $0.add("file", [1])
        }, "a.tar")
      #expect(error?.kind == .damagedArchive, "\(size)")
    }
    for records in ["5 a=", "0 path=x\n", "99 path=x\n", "7path=x\n", "999999999999999999999 a=b\n", "x"] {
      #expect(
        try problem(
          tar {
            $0.add("pax", Array(records.utf8), type: "x"); $0.add("file")
          }, "a.tar")?.kind == .damagedArchive, "\(records)")
    }
  }

  @Test(
    "what can't be read at its place is named with the way round, and the others are read",
    arguments: [
      ("1", "a link", "--dereference"), ("2", "a link", "--dereference"), ("3", "a device", "without it"),
      ("M", "several archives", "into one"),
      ("S", "a sparse file", "--sparse"),
    ] as [(Character, String, String)])
  func otherMembers(type: Character, what: String, remedy: String) throws {
    let scratch = try TemporaryFolder()
    try write(
      tar {
        $0.add("odd", type: type); $0.add("file", [5])
      }, scratch.path("a.tar"))
    let root = FileName(scratch.path("a.tar"))
    #expect(try FolderContents(root).files == ["file", "odd"])
    #expect(try WholeFile.read(root.appending("file")) == [5])
    let error = #expect(throws: FileError.self) { try WholeFile.read(root.appending("odd")) }
    #expect(error?.description.contains(what) == true && error?.description.contains(remedy) == true, "\(error.debugDescription)")
    #expect(error?.description.contains("a.tar/odd: at byte 512") == true)
  }

  @Test("paths that lead out, other compressions, and tars behind each other are refused")
  func refused() throws {
    #expect(
      try problem(
        tar {
          $0.add("ok"); $0.add("a/../../b")
        }, "a.tar")?.description.contains("a/../../b has a path that leads out") == true)
    #expect(try problem(Array("BZh91AY&SY".utf8), "a.tar.bz2")?.description.contains("bunzip2") == true)
    #expect(try problem([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], "a.tar")?.description.contains("uncompress") == true)
    let one = tar { $0.add("first") }
    #expect(try problem(one + tar { $0.add("second") }, "a.tar")?.description.contains("another tar begins") == true)
    #expect(try problem([], "a.tar")?.description.contains("it is empty") == true)
    #expect(try problem(Array("<html>".utf8), "a.zip")?.kind == .damagedArchive)
    var sparse = tar {
      $0.add("pax", TarWriter.record("GNU.sparse.major", [0x31]), type: "x"); $0.add("file", [1])
    }
    #expect(try problem(sparse, "a.tar")?.description.contains("sparse") == true)
    sparse = Array(sparse.dropLast(1024))
    #expect(try problem(sparse, "a.tar")?.description.contains("cut") == true)
  }

  // MARK: - Compressed tars

  @Test("a gzip that is cut or damaged is an error, and so is one that unpacks to too much")
  func gzip() throws {
    let scratch = try TemporaryFolder()
    try write(tar { $0.add("file", (0..<9000).map { UInt8(truncatingIfNeeded: $0 * $0 / 7) }) }, scratch.path("a.tar"))
    try #require(try RunningProcess(["gzip", "-k", scratch.path("a.tar")]).wait().exitCode == 0)
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: scratch.path("a.tar.gz"))))
    #expect(try problem(bytes, "a.tar.gz") == nil)
    #expect(try problem(bytes + [0, 0], "a.tar.gz") == nil)
    for length in [1, 2, 9, 10, 100, bytes.count / 2, bytes.count - 9, bytes.count - 1] {
      #expect(try problem(Array(bytes[..<length]), "a.tgz")?.kind == .damagedArchive, "\(length)")
    }
    var damaged = bytes
    for place in 30..<60 { damaged[place] ^= 0xFF }
    #expect(try problem(damaged, "a.tar.gz")?.kind == .damagedArchive)
    let file = try PlacedFile(FileName(scratch.path("a.tar.gz")))
    let error = #expect(throws: FileError.self) { try PackedBytes(unpacking: file, limit: 5000) }
    #expect(error?.description.contains("gunzip") == true)
  }

  // MARK: - Zips

  private func zip(isZip64: Bool = false, _ change: (inout ZipWriter.Member) -> Void = { _ in }) -> [UInt8] {
    var zip = ZipWriter(isZip64: isZip64)
    zip.add(.init("first.txt", Array("first".utf8)))
    var member = ZipWriter.Member("second.txt", [UInt8](repeating: 9, count: 3000), deflated: true)
    change(&member)
    zip.add(member)
    return zip.finished()
  }

  @Test("a zip that is cut anywhere has no directory, and says so", arguments: [false, true])
  func cutZip(isZip64: Bool) throws {
    let whole = zip(isZip64: isZip64)
    #expect(try problem(whole, "a.zip") == nil)
    for length in 0..<whole.count {
      #expect(try problem(Array(whole[..<length]), "a.zip")?.kind == .damagedArchive, "\(length)")
    }
    #expect(
      try problem(Array(whole.dropLast()), "a.zip")?.description.contains("directory, which stands at its end, isn't there")
        == true)
  }

  @Test("any changed byte of a zip is an error or makes no difference to what is read, and never a crash")
  func damagedZip() throws {
    let whole = zip(isZip64: true)
    for place in whole.indices {
      for flip in [0x01, 0x80, 0xFF] as [UInt8] {
        var bytes = whole
        bytes[place] ^= flip
        if let error = try problem(bytes, "a.zip") {
          #expect([.damagedArchive, .system].contains(error.kind), "\(place): \(error)")
        }
      }
    }
  }

  @Test("members of a zip that can't be read are named with the way round")
  func otherZipMembers() throws {
    #expect(try problem(zip { $0.flags = 1 }, "a.zip")?.description.contains("encrypted") == true)
    #expect(try problem(zip { $0.method = 12 }, "a.zip")?.description.contains("deflate") == true)
    #expect(try problem(zip { $0.mode = 0o120777 }, "a.zip")?.description.contains("a link") == true)
    #expect(try problem(zip { $0.name = Array("../x".utf8) }, "a.zip")?.description.contains("leads out") == true)
    #expect(try problem(zip { $0.checksum ^= 1 }, "a.zip")?.description.contains("checksum") == true)
    #expect(try problem(zip { $0.size += 1 }, "a.zip")?.description.contains("unpacks to 3000 bytes, 3001 are stated") == true)
    #expect(try problem(zip { $0.size = 0x7FFF_FFFF }, "a.zip")?.kind == .damagedArchive)
  }
}
