import Foundation
import TestSupport
import Testing

@testable import Launching

/// What is read and removed on a host.
@Suite struct HostTests {
  private func write(_ files: [String: String], in folder: TemporaryFolder) throws {
    for (path, text) in files {
      let file = URL(fileURLWithPath: "\(folder.path)/\(path)")
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try text.write(to: file, atomically: false, encoding: .utf8)
    }
  }

  @Test("Hardware threads of one core count once, and only those that this process may use")
  func cores() throws {
    let folder = try TemporaryFolder()
    var files = ["proc/self/status": "Name:\tx\nCpus_allowed_list:\t0-2,4,6-7\n"]
    for cpu in 0..<8 { files["sys/devices/system/cpu/cpu\(cpu)/topology/thread_siblings_list"] = "\(cpu % 4),\(cpu % 4 + 4)\n" }
    try write(files, in: folder)
    #expect(Processors(root: folder.path).allowedCores == 4)
    #expect(Processors(root: folder.path("nothing")).allowedCores == nil)
  }

  @Test("What ended runs have left is found, and nothing of others")
  func sweep() throws {
    let folder = try TemporaryFolder()
    let user = geteuid()
    let gone = ["t/ompi.a.\(user)/pid.11", "t/prte.a.b.11.\(user)"]
    let kept = ["t/ompi.a.\(user)/pid.12", "t/prterun-a.12.\(user)", "t/ompi.a.99999/pid.11", "t/other", "t/prte.\(user)"]
    let jobs = ["t/ompi.a.\(user)/jf.0"]
    for path in gone + kept + jobs { try write(["\(path)/file": "x"], in: folder) }
    try write(["m/vader_segment.a.1": "", "m/sm_segment.a.2": "", "m/osc_sm.b": "", "m/psm2_x": ""], in: folder)
    var sweep = Sweep(variables: Variables(["TMPDIR": folder.path("t")]))
    sweep.sharedMemory = folder.path("m")
    sweep.isAlive = { $0 == 12 }
    sweep.mappedFiles = { ["\($0)/sm_segment.a.2"] }
    sweep.runningPrograms = { ["bash", "mpirun"] }
    let expected = ["m/osc_sm.b", "m/vader_segment.a.1"] + gone
    #expect(Set(sweep.leftovers) == Set(expected.map(folder.path)))
    sweep.runningPrograms = { ["bash"] }
    #expect(Set(sweep.leftovers) == Set((expected + jobs).map(folder.path)))
    sweep.run()
    for path in expected + jobs { #expect(!FileManager.default.fileExists(atPath: folder.path(path)), "\(path)") }
    for path in kept + ["m/sm_segment.a.2", "m/psm2_x"] {
      #expect(FileManager.default.fileExists(atPath: folder.path(path)), "\(path)")
    }
  }

  @Test("A segment that a process has mapped is seen, and stays")
  func mapped() throws {
    let folder = try TemporaryFolder()
    try write(["vader_segment.mapped": "x", "vader_segment.left": "x"], in: folder)
    let file = open(folder.path("vader_segment.mapped"), O_RDONLY)
    let page = mmap(nil, 1, PROT_READ, MAP_SHARED, file, 0)
    defer {
      munmap(page, 1)
      close(file)
    }
    var sweep = Sweep(variables: Variables(["TMPDIR": folder.path("none")]))
    sweep.sharedMemory = folder.path
    #expect(sweep.leftovers == [folder.path("vader_segment.left")])
  }

  @Test("Words are quoted as bash's printf quotes them")
  func quoting() throws {
    let words = [
      "plain", "", "a b", "a:4,b:3", "^tcp", "it's", "#x", "x#", "~", "a=~x", "a~", "$(x)`y`", "{a}[b]*?!", "tab\there",
      "new\nline", "%+-./@_=:",
      "\"q\"\\;|&<>()",
    ]
    let result = try RunningProcess(["bash", "-c", "printf '%q\\n' \"$@\"", "bash"] + words).wait()
    #expect(words.map { $0.quotedWord + "\n" }.joined() == result.output)
    #expect("it's".singleQuoted == "'it'\\''s'")
  }

  @Test("Names of any bytes are kept")
  func bytes() {
    let bytes: [UInt8] = [0x66, 0xfc, 0xff, 0x0d, 0x0a, 0x80]
    #expect(String(bytes: bytes).bytes == bytes)
    #expect(String(bytes: Array("é\r\nb".utf8)).lines.map(\.bytes) == [Array("é".utf8), Array("b".utf8)])
  }
}
