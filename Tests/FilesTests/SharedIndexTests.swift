import Foundation
import TestSupport
import Testing

@testable import Files

@Suite("Indices of archives that several processes make together, and that are kept")
struct SharedIndexTests {
  private func writeArchive(_ path: String, extra: Int = 0) throws {
    var outer = TarWriter()
    for number in 0..<5 {
      var inner = TarWriter()
      for file in 0..<(3 + extra) { inner.add("n\(number)_\(file).JPEG", [UInt8](repeating: UInt8(number), count: 100 * file)) }
      outer.add("n\(number).tar", inner.finished())
    }
    outer.add("notes.txt", [1])
    try write(outer.finished(), path)
  }

  @Test("what is listed in parts, as bytes from elsewhere, is the index that one process would make")
  func parts() throws {
    let scratch = try TemporaryFolder()
    let (one, other) = (scratch.path("one.tar"), scratch.path("other.tar"))
    try writeArchive(one)
    try writeArchive(other)
    var shared = try #require(try SharedIndex(outerOf: FileName(one)))
    #expect(shared.innerCount == 5)
    let elsewhere = try #require(SharedIndex(bytes: shared.bytes))
    let listings = try elsewhere.listings(ofInner: [4, 2, 0]) + [1, 3].map { try shared.listing(ofInner: $0) }
    for (number, listing) in zip([4, 2, 0, 1, 3], listings) {
      let isTaken = shared.add(listing, ofInner: number)
      #expect(isTaken)
    }
    let isOddTaken = [shared.add([1, 2, 3], ofInner: 0), shared.add(listings[0], ofInner: 99)]
    #expect(isOddTaken == [false, false])
    try shared.install()
    let (installed, own) = (try Archive.at(FileName(one)), try Archive.at(FileName(other)))
    #expect(installed.index == own.index && own.index.count == 5 + 15 + 1)
    #expect(try WholeFile.read(FileName("\(one)/n3.tar/n3_2.JPEG")) == [UInt8](repeating: 3, count: 200))
  }

  @Test("a kept index counts for the very archive that it was made of, and a damaged one not at all")
  func kept() throws {
    let scratch = try TemporaryFolder()
    let path = FileName(scratch.path("a.tar"))
    try writeArchive(path.written)
    _ = try FolderContents(path)
    let other = FileName(scratch.path("b.tar"))
    try writeArchive(other.written)
    try SharedIndex.keep([try #require(try SharedIndex(outerOf: path))], in: scratch.path)
    let file = SharedIndex.keptFile(in: scratch.path)
    #expect(Set(SharedIndex.kept(in: scratch.path).keys) == [path])
    let whole = try WholeFile.read(FileName(file))
    for place in [0, 30, whole.count / 2, whole.count - 1] {
      var damaged = whole
      damaged[place] ^= 4
      try write(damaged, file)
      #expect(SharedIndex.kept(in: scratch.path).isEmpty, "\(place)")
    }
    for length in [0, 5, 8, 100] {
      try write(Array(whole[..<length]), file)
      #expect(SharedIndex.kept(in: scratch.path).isEmpty, "\(length)")
    }
    _ = try FolderContents(other)
    try SharedIndex.keep([path, other].map { try #require(try SharedIndex(outerOf: $0)) }, in: scratch.path)
    #expect(Set(SharedIndex.kept(in: scratch.path).keys) == [path, other])
    try writeArchive(path.written, extra: 1)
    #expect(Set(SharedIndex.kept(in: scratch.path).keys) == [other])
  }

  @Test("an index that states places outside of the archive is no index")
  func places() throws {
    var made = ArchiveIndex()
    let isTaken = made.append(Array("a".utf8), .init(offset: 512, size: 100))
    #expect(isTaken)
    let bytes = made.serialized[...]
    func index(_ bytes: ArraySlice<UInt8>, limit: Int) -> ArchiveIndex? {
      var rest = bytes
      return ArchiveIndex(serialized: &rest, limit: limit)
    }
    #expect(index(bytes, limit: 612) == made)
    #expect(index(bytes, limit: 611) == nil)
    for length in bytes.indices { #expect(index(bytes[..<length], limit: 612) == nil, "\(length)") }
  }
}
