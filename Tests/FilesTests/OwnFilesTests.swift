import Foundation
import TestSupport
import Testing

@testable import Files

@Suite struct OwnFilesTests {
  @Test("A folder is made with those above it, once; where a file is in the way, the error names it")
  func makeFolder() throws {
    let folder = try TemporaryFolder()
    for _ in 0..<2 { try FilePath.makeFolder(folder.path("a/b/c")) }
    #expect(try folder.names() == ["a"])
    try folder.write(Data(), to: "a/file")
    let error = #expect(throws: FileError.self) { try FilePath.makeFolder(folder.path("a/file/d")) }
    #expect(error?.description.contains("a/file") == true, "\(String(describing: error))")
  }

  @Test("What isn't there is nothing, what can't be read is an error")
  func absent() throws {
    let folder = try TemporaryFolder()
    #expect(try OwnFiles.bytes(folder.path("none")) == nil)
    #expect(try OwnFiles.bytes(folder.path("none/below")) == nil)
    #expect(try OwnFiles.names(in: folder.path("none")) == [])
    try folder.write(Data([1, 2]), to: ".hidden")
    try folder.write(Data([1, 2]), to: "file")
    #expect(try OwnFiles.bytes(folder.path("file")) == [1, 2])
    #expect(try OwnFiles.names(in: folder.path).sorted() == [".hidden", "file"])
    // A link that leads in a circle is there, and nobody can read it.
    #expect(symlink("circle", folder.path("circle")) == 0)
    #expect(throws: FileError.self) { try OwnFiles.bytes(folder.path("circle")) }
    #expect(throws: FileError.self) { try OwnFiles.names(in: folder.path("circle")) }
    #expect(throws: FileError.self) { try OwnFiles.bytes(folder.path) }
  }
}
