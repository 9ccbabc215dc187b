import Foundation
import TestSupport
import Testing

@testable import Files

/// The settings are those of the whole process, so only one test at a time may run.
@Suite("Storage that is away", .serialized)
struct StoragePatienceTests {
  /// Holds the folders `a` and `b` with three files each.
  private let root: TemporaryFolder

  init() throws {
    root = try TemporaryFolder()
    for folder in ["a", "b"] {
      try FileManager.default.createDirectory(atPath: root.path(folder), withIntermediateDirectories: true)
      for number in 1...3 { try Data("\(number)".utf8).write(to: URL(fileURLWithPath: root.path("\(folder)/\(number)"))) }
    }
    StoragePatience.settings = .init()
  }

  private func read(_ name: String) throws(FileError) -> [UInt8] { try WholeFile.read(FileName(root.path(name))) }

  private func kind(_ body: () throws -> Void) -> FileError.Kind? {
    do { try body() } catch { return (error as? FileError)?.kind }
    return nil
  }

  @Test("An error number is the file's or the storage's")
  func codes() {
    let file = FileName(root.path("a/2"))
    for code in [ESTALE, ETIMEDOUT, ENOTCONN, EHOSTDOWN, ENODEV, EKEYEXPIRED, EMFILE] {
      #expect(StorageFault.verdict(code, file, otherReads: { true }) == .storage, "\(code)")
    }
    for code in [EISDIR, ELOOP, ENAMETOOLONG, EINVAL, EACCES, EPERM] {
      #expect(StorageFault.verdict(code, file, otherReads: { false }) == .badFile, "\(code)")
    }
    for code in [EIO, EUCLEAN, EBADMSG] {
      for (others, verdict) in [(true, StorageFault.Verdict.badFile), (false, .storage), (nil, .badFile)] {
        #expect(
          StorageFault.verdict(code, file, otherReads: { others }) == verdict, "\(code), others \(String(describing: others))")
      }
    }
  }

  @Test("A file that lacks in a folder of others is bad at once, a folder that is away or emptied is the storage's")
  func missing() throws {
    #expect(kind { _ = try read("a/4") } == .noSuchFile)
    #expect(kind { _ = try read("c/1") } == .storage)
    for number in 1...3 { try FileManager.default.removeItem(atPath: root.path("a/\(number)")) }
    #expect(kind { _ = try read("a/1") } == .storage)
    // A link to something that isn't there is a bad file if it is the only one; if all are such links, the storage that they
    // point to is away.
    try FileManager.default.createSymbolicLink(atPath: root.path("b/4"), withDestinationPath: "/nowhere/at/all")
    #expect(kind { _ = try read("b/4") } == .noSuchFile)
    for number in 1...3 { try FileManager.default.removeItem(atPath: root.path("b/\(number)")) }
  }

  @Test("A folder that has lost its only file is no storage that is away, while folders beside it hold such files")
  func emptied() throws {
    for number in 2...3 { try FileManager.default.removeItem(atPath: root.path("a/\(number)")) }
    #expect(try read("a/1") == Array("1".utf8))
    try FileManager.default.removeItem(atPath: root.path("a/1"))
    #expect(kind { _ = try read("a/1") } == .noSuchFile)
    // Puts another folder in its place, like an unused mount point.
    try FileManager.default.moveItem(atPath: root.path("a"), toPath: root.path("c"))
    try FileManager.default.createDirectory(atPath: root.path("a"), withIntermediateDirectories: true)
    #expect(kind { _ = try read("a/1") } == .storage)
    try FileManager.default.removeItem(atPath: root.path("a"))
    try FileManager.default.moveItem(atPath: root.path("c"), toPath: root.path("a"))
    #expect(kind { _ = try read("a/1") } == .noSuchFile)
    // If no file is left beside it either, the storage is at fault.
    for number in 1...3 { try FileManager.default.removeItem(atPath: root.path("b/\(number)")) }
    #expect(kind { _ = try read("a/1") } == .storage)
  }

  @Test("Neighbours are looked for in the folder, and beside it where it has none")
  func neighbours() throws {
    #expect(StorageFault.isNeighbourReadable(of: FileName(root.path("a/2"))) == true)
    for number in 2...3 { try FileManager.default.removeItem(atPath: root.path("a/\(number)")) }
    #expect(StorageFault.isNeighbourReadable(of: FileName(root.path("a/1"))) == true)
    try FileManager.default.removeItem(atPath: root.path("b"))
    #expect(StorageFault.isNeighbourReadable(of: FileName(root.path("a/1"))) == nil)
  }

  @Test("A folder that comes back is waited for, which is said once when it begins and once when it ends")
  func comesBack() throws {
    let said = Collected()
    StoragePatience.settings = .init(seconds: 20, log: { said.add($0) })
    defer { StoragePatience.settings = .init() }
    _ = try read("a/1")
    let (here, away) = (root.path("a"), root.path("away"))
    try FileManager.default.moveItem(atPath: here, toPath: away)
    let signs = StoragePatience.signsOfLife
    let path = root.path("a")
    Thread.detachNewThread {
      while !StoragePatience.isWaiting { usleep(1000) }
      usleep(200_000)
      try? FileManager.default.moveItem(atPath: away, toPath: here)
    }
    DispatchQueue.concurrentPerform(iterations: 3) { number in
      let bytes = try? WholeFile.read(FileName("\(path)/\(number + 1)"))
      if bytes != Array("\(number + 1)".utf8) { said.add("thread \(number) read \(String(describing: bytes))") }
    }
    #expect(said.all.count == 2, "\(said.all)")
    #expect(said.all.first?.hasPrefix("waiting for the storage, up to 20 s") == true, "\(said.all)")
    #expect(said.all.last?.hasPrefix("the storage is back after") == true, "\(said.all)")
    #expect(StoragePatience.signsOfLife > signs && !StoragePatience.isWaiting)
  }

  @Test("Patience ends after its time; a folder that nobody has seen has a few seconds; a stop ends it at once")
  func ends() throws {
    _ = try read("a/1")
    try FileManager.default.removeItem(atPath: root.path("a"))
    StoragePatience.settings = .init(seconds: 0.3)
    defer { StoragePatience.settings = .init() }
    let start = ContinuousClock.now
    #expect(kind { _ = try read("a/1") } == .storage)
    #expect(ContinuousClock.now - start > .milliseconds(300))
    StoragePatience.settings = .init(seconds: 600, isStopRequested: { true })
    #expect(kind { _ = try read("a/1") } == .stopped)
    #expect(ContinuousClock.now - start < .seconds(100))
  }

  @Test("What may lack is looked for again where its folder was away, and lacks at once where the folder is there")
  func absence() throws {
    let folder = FileName(root.path("a")), wanted = root.path("a/2")
    func find() throws -> String? {
      try StoragePatience.look(under: [folder]) { FileManager.default.fileExists(atPath: wanted) ? wanted : nil }
    }
    // The folder may go away between the two looks; the count must come from a time when it was there throughout.
    func count() throws -> Int {
      try StoragePatience.whole(under: folder) {
        ["1", "2"].count { FileManager.default.fileExists(atPath: root.path("a/" + $0)) }
      }
    }
    StoragePatience.settings = .init(seconds: 20)
    defer { StoragePatience.settings = .init() }
    #expect(try find() == wanted)
    // The first case is a server that is restarted, the second a mount point without its mount.
    for isEmptied in [false, true] {
      try FileManager.default.moveItem(atPath: folder.written, toPath: root.path("elsewhere"))
      if isEmptied { try FileManager.default.createDirectory(atPath: folder.written, withIntermediateDirectories: false) }
      let back = Thread { [root] in
        Thread.sleep(forTimeInterval: 0.3)
        rmdir(root.path("a"))
        rename(root.path("elsewhere"), root.path("a"))
      }
      back.start()
      #expect(try (isEmptied ? count() == 2 : find() == wanted), "emptied: \(isEmptied)")
    }
    try FileManager.default.removeItem(atPath: wanted)
    let start = ContinuousClock.now
    #expect(try find() == nil && count() == 1 && ContinuousClock.now - start < .seconds(15))
    StoragePatience.settings = .init(seconds: 0.2)
    try FileManager.default.removeItem(atPath: folder.written)
    let error = #expect(throws: StoragePatience.Trouble.self) { try find() }
    #expect(error?.kind == .away)
  }

  @Test("The oldest of the files in use is named")
  func activity() {
    // Other tests use files at the same time: what they began earlier is older still.
    FileActivity.during(.writing, "/one") {
      let begun = ContinuousClock.now
      FileActivity.during(.reading, "/two") {
        let oldest = FileActivity.oldest
        #expect(oldest.map { $0.path != "/two" && $0.since <= begun } == true, "\(oldest as Any)")
      }
    }
  }
}

private final class Collected: @unchecked Sendable {
  private let lock = NSLock()
  private var texts: [String] = []
  var all: [String] { lock.withLock { texts } }
  func add(_ text: String) { lock.withLock { texts.append(text) } }
}
