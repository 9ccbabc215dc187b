import Files
import Foundation
import TestSupport
import Testing

@testable import Results

@Suite struct CutFileTests {
  private static let png: [UInt8] =
    [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + [UInt8](repeating: 5, count: 30) + [0, 0, 0, 0] + Array("IEND".utf8)
    + [0xAE, 0x42, 0x60, 0x82]
  /// A superblock of version 2, of a file of 300 bytes.
  private static let hdf5: [UInt8] =
    [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A, 2, 8, 8, 0] + [UInt8](repeating: 0, count: 8)
    + [UInt8](repeating: 0xFF, count: 8) + [44, 1, 0, 0, 0, 0, 0, 0] + [UInt8](repeating: 7, count: 264)

  private func reason(_ name: String, _ bytes: some Sequence<UInt8>) throws -> String? {
    let folder = try TemporaryFolder()
    try Data(bytes).write(to: URL(fileURLWithPath: folder.path(name)))
    return try CutFile.reason(folder.path(name))
  }

  @Test("a file that was cut anywhere isn't whole, nor is one of zeros or of another form", arguments: ["a.png", "a.h5"])
  func cut(name: String) throws {
    let whole = name == "a.png" ? Self.png : Self.hdf5
    #expect(try reason(name, whole) == nil)
    for length in whole.indices { #expect(try reason(name, whole.prefix(length)) != nil, "\(length) of \(whole.count) bytes") }
    #expect(try reason(name, []) == "it is empty")
    #expect(try reason(name, [UInt8](repeating: 0, count: 400)) != nil)
    #expect(try reason(name, name == "a.png" ? Self.hdf5 : Self.png) != nil)
  }

  @Test("a file that isn't there is an error, a file of another name isn't looked at")
  func others() throws {
    let folder = try TemporaryFolder()
    #expect(throws: FileError.self) { try CutFile.reason(folder.path("none.png")) }
    #expect(try reason("a.txt", []) == nil)
  }
}
