import Foundation
import TestSupport
import Testing

@testable import Files

/// Names and bytes of files, which are put into a folder and into archives of all kinds.
private struct RandomTree {
  var files: [(name: FileName, bytes: [UInt8])] = []

  init(seed: UInt64) {
    var random = SplitMix(state: seed)
    let parts: [[UInt8]] =
      ["a", "b b", "c.d", "é", "n01440764", "a-b", String(repeating: "long", count: 12)].map { Array($0.utf8) } + [[0x63, 0xE9]]
    var taken: Set<FileName> = []
    for _ in 0..<random.below(40) + 1 {
      let depth = random.below(4) + 1
      // Names of files have an ending and those of folders have none, so that no name is both.
      let path =
        (0..<depth).map { _ in parts[random.below(parts.count)] }.joined(separator: [0x2F]) + Array(".\(random.below(30)).x".utf8)
      guard taken.insert(FileName(bytes: path)).inserted else { continue }
      let size = [0, 1, 511, 512, 513, random.below(5000)][random.below(6)]
      files.append((FileName(bytes: path), (0..<size).map { _ in UInt8(truncatingIfNeeded: random.below(7) * 37) }))
    }
  }

  func write(to folder: FileName) throws {
    for (name, bytes) in files {
      let path = folder.appending(name)
      var parent: FileName = "."
      for part in name.folder.components {
        parent = parent.appending(part)
        _ = folder.appending(parent).withCString { mkdir($0, 0o700) }
      }
      let descriptor = path.withCString { open($0, O_CREAT | O_WRONLY, 0o600) }
      #expect(descriptor >= 0 && Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
      close(descriptor)
    }
  }

  func tar(_ form: TarWriter.NameForm) -> [UInt8] {
    var tar = TarWriter(form)
    for (name, bytes) in files { tar.add(Array("./".utf8) + name.bytes, bytes) }
    return tar.finished()
  }

  func zip(isZip64: Bool, deflated: Bool) -> [UInt8] {
    var zip = ZipWriter(isZip64: isZip64)
    for (name, bytes) in files { zip.add(.init(name, bytes, deflated: deflated)) }
    return zip.finished(comment: "a comment")
  }
}

struct SplitMix {
  var state: UInt64

  mutating func below(_ count: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((value ^ (value >> 31)) >> 33) % count
  }
}

extension ZipWriter.Member {
  init(_ name: FileName, _ bytes: [UInt8], deflated: Bool = false) {
    let checksum = bytes.withUnsafeBytes { DeflateStream.checksum($0) }
    // A zlib stream is a deflate stream with two bytes before it and four after it.
    let packed = deflated ? Array(bytes.withUnsafeBytes { DeflateStream.packed($0) }.dropFirst(2).dropLast(4)) : bytes
    self.init(name: name.bytes, packed: packed, size: bytes.count, checksum: checksum, method: deflated ? 8 : 0)
  }
}

func write(_ bytes: [UInt8], _ path: String) throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }

@Suite("Archives, read without unpacking")
struct ArchiveTests {
  @Test("a folder, its tar in each form, a tar in a tar and a zip have the same listing and the same bytes", arguments: 1...12)
  func sameAsFolder(seed: Int) throws {
    let scratch = try TemporaryFolder()
    let tree = RandomTree(seed: UInt64(seed))
    #expect(mkdir(scratch.path("folder"), 0o700) == 0)
    let root = FileName(scratch.path)
    try tree.write(to: root.appending("folder"))
    var archives: [FileName] = []
    for form in TarWriter.NameForm.allCases {
      archives.append(FileName("\(form).tar"))
      try write(tree.tar(form), scratch.path("\(form).tar"))
    }
    var outer = TarWriter(.gnu)
    outer.add("inner.TAR", tree.tar(.pax))
    try write(outer.finished(), scratch.path("outer.tar"))
    archives.append("outer.tar/inner.TAR")
    for (isZip64, deflated) in [(false, false), (false, true), (true, false), (true, true)] {
      archives.append(FileName("\(isZip64)\(deflated).zip"))
      try write(tree.zip(isZip64: isZip64, deflated: deflated), scratch.path("\(isZip64)\(deflated).zip"))
    }
    let expected = try FolderTree(root.appending("folder"))
    #expect(expected.files.count == tree.files.count)
    for archive in archives.map({ root.appending($0) }) {
      let found = try FolderTree(archive)
      #expect(found.files == expected.files, "\(archive)")
      #expect(found.hidden == expected.hidden && found.repeated.isEmpty && found.closed.isEmpty, "\(archive)")
      for (name, bytes) in tree.files { #expect(try WholeFile.read(archive.appending(name)) == bytes, "\(archive)/\(name)") }
      #expect(
        FilePath.isFolder(archive) && !FilePath.isFolder(archive.appending("none")) && !FilePath.isFile(archive.appending("none"))
      )
      for file in found.files {
        #expect(FilePath.isFile(archive.appending(file)) && !FilePath.isFolder(archive.appending(file)))
        #expect(FilePath.isFolder(archive.appending(file).folder))
      }
    }
  }

  @Test(
    "the system's own tar and its compression are understood in each of its formats",
    arguments: ["v7", "ustar", "gnu", "posix", "oldgnu"])
  func systemTar(format: String) throws {
    let scratch = try TemporaryFolder()
    for (name, text) in [("in/one.txt", "one"), ("in/\(String(repeating: "n", count: 60))/two.txt", "two"), ("in/empty", "")] {
      try FileManager.default.createDirectory(atPath: FilePath.folder(of: scratch.path(name)), withIntermediateDirectories: true)
      try text.write(toFile: scratch.path(name), atomically: true, encoding: .utf8)
    }
    for (flag, file) in [("-cf", "a.tar"), ("-czf", "a.tar.gz"), ("-czf", "b.tgz")] {
      let made = try RunningProcess(["tar", "--format=\(format)", "-C", scratch.path, flag, scratch.path(file), "in"]).wait()
      try #require(made.exitCode == 0, "\(made)")
      let root = FileName(scratch.path)
      #expect(try FolderTree(root.appending(FileName(file)).appending("in")).files == FolderTree(root.appending("in")).files)
      #expect(try WholeFile.read(root.appending(FileName("\(file)/in/one.txt"))) == Array("one".utf8))
    }
  }

  @Test("an archive that has changed is listed anew, and one in a listing is a file")
  func changed() throws {
    let scratch = try TemporaryFolder()
    let path = FileName(scratch.path("a.tar"))
    for name in ["first", "second file"] {
      var tar = TarWriter()
      tar.add(name, Array(name.utf8))
      if name.count > 5 { tar.add("more") }
      try write(tar.finished(), scratch.path("a.tar"))
      #expect(try FolderContents(path).files.contains(FileName(name)))
      #expect(try WholeFile.read(path.appending(name)) == Array(name.utf8))
    }
    #expect(try FolderContents(FileName(scratch.path)).files == ["a.tar"])
    #expect(mkdir(scratch.path("b.zip"), 0o700) == 0)
    #expect(try FolderContents(FileName(scratch.path("b.zip"))).files.isEmpty)
  }

  @Test("what stands in a folder of an archive: folders that are only in paths, empty ones, and the last of two of one name")
  func folders() throws {
    let scratch = try TemporaryFolder()
    var tar = TarWriter()
    for name in ["x/y/z", "x/y-1", "x/y.1", ".hidden", "x/y/Thumbs.db"] { tar.add(name, [1]) }
    tar.add("empty/", type: "5")
    tar.add("old style/", type: "\0")
    tar.add("x/y-1", [2, 2])
    tar.add("/absolute//./name", [3])
    try write(tar.finished(), scratch.path("a.tar"))
    let root = FileName(scratch.path("a.tar"))
    let top = try FolderContents(root)
    #expect(top.folders == ["absolute", "empty", "old style", "x"] && top.files.isEmpty && top.hidden == [".hidden"])
    #expect(try FolderContents(root.appending("empty")).files.isEmpty)
    let inner = try FolderContents(root.appending("x"))
    #expect(inner.folders == ["y"] && inner.files == ["y-1", "y.1"])
    #expect(try FolderContents(root.appending("x/y/")).files == ["z"])
    #expect(try WholeFile.read(root.appending("x/y-1")) == [2, 2])
    #expect(try WholeFile.read(root.appending("absolute/name")) == [3])
    #expect(try WholeFile.read(root).count == tar.finished().count)
    let error = #expect(throws: FileError.self) { try WholeFile.read(root.appending("x/none")) }
    #expect(error?.kind == .noSuchFile && error?.description.contains("a.tar has no such member") == true)
    #expect(throws: FileError.self) { try WholeFile.read(root.appending("x")) }
    #expect(throws: FileError.self) { try WholeFile.read(root.appending("x/y-1"), limit: 1) }
  }
}
