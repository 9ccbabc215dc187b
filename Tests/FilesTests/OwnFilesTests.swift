import Foundation
import TestSupport
import Testing

@testable import Files

@Suite struct OwnFilesTests {
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
