import Foundation
import TestSupport
import Testing

@testable import Files

@Suite("Atomic files")
struct AtomicFileTests {
  @Test("a write that fails says where and why, keeps the old file and removes the temporary one")
  func failing() throws {
    let scratch = try TemporaryFolder()
    let folder = scratch.path
    let missing = #expect(throws: FileError.self) { try AtomicFile.write([1], to: "\(folder)/none/a.json") }
    #expect(missing?.kind == .noSuchFile)
    #expect(missing?.description.contains("\(folder)/none/a.json") == true)
    // A folder under the final name makes the rename fail, after everything has been written.
    let taken = "\(folder)/taken"
    try FileManager.default.createDirectory(atPath: "\(taken)/inside", withIntermediateDirectories: true)
    #expect(throws: FileError.self) { try AtomicFile.write([1, 2, 3], to: taken) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["taken"])
  }

  @Test("a written file is whole, replaces an older one and leaves nothing else in the folder")
  func whole() throws {
    let scratch = try TemporaryFolder()
    try AtomicFile.write("old", to: scratch.path("a.txt"))
    try AtomicFile.write("new", to: scratch.path("a.txt"), flush: false)
    #expect(try String(contentsOfFile: scratch.path("a.txt"), encoding: .utf8) == "new")
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == ["a.txt"])
  }

  @Test("a reader never sees a part of a file that is written again and again")
  func neverPartial() throws {
    let scratch = try TemporaryFolder()
    let path = scratch.path("value")
    try AtomicFile.write([UInt8](repeating: 0, count: 100_000), to: path)
    let writer = Thread {
      for value in 1...30 { try? AtomicFile.write([UInt8](repeating: UInt8(value), count: 100_000), to: path) }
    }
    writer.start()
    while !writer.isFinished {
      let content = try Data(contentsOf: URL(fileURLWithPath: path))
      #expect(content.count == 100_000 && content.allSatisfy { $0 == content.first })
    }
  }
}
