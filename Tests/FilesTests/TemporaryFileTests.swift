import Foundation
import TestSupport
import Testing

@testable import Files

@Suite("Temporary files")
struct TemporaryFileTests {
  let scratch: TemporaryFolder

  init() throws { scratch = try TemporaryFolder() }

  private func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: scratch.path).sorted() }

  private func write(_ data: Data, to name: String) throws { try data.write(to: URL(fileURLWithPath: scratch.path(name))) }

  @Test("of dead processes and old ones are removed, others stay")
  func leftovers() throws {
    let host = TemporaryFile.host
    // A process that has ended: its number is no longer in use, or only by chance for another one.
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/true")
    try process.run()
    process.waitUntilExit()
    let gone = ".step-00000001.h5@\(host)@\(process.processIdentifier)@1.partial"
    let living = ".step-00000001.h5@\(host)@\(getpid())@1000000.partial"
    let elsewhere = ".step-00000001.h5@other.\(host)@\(process.processIdentifier)@3.partial"
    let strangers = ["step-00000001.h5", ".hidden", "x.partial", ".a.b.partial", ".a@b@c@d.partial"]
    for name in [gone, living, elsewhere] + strangers { try write(Data([1]), to: name) }
    // The first write in this folder removes them before anything else.
    try AtomicFile.write("whole", to: scratch.path("step-00000001.h5"))
    #expect(try names() == ([living, elsewhere] + strangers).sorted())
    TemporaryFile.removeLeftovers(in: scratch.path, now: time(nil) + 3700)
    #expect(try names() == strangers.sorted())
  }

  @Test("that were never committed go, and don't empty what a link of that name points to")
  func links() throws {
    try write(Data([1, 2, 3]), to: "target")
    do {
      let temporary = TemporaryFile(for: scratch.path("link"))
      #expect(symlink("target", temporary.path) == 0)
    }
    #expect(try names() == ["target"])
    #expect(try Data(contentsOf: URL(fileURLWithPath: scratch.path("target"))).count == 3)
  }
}
