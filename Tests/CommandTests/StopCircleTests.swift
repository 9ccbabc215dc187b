import Foundation
import TestSupport
import Testing

@Suite("A job that goes back to the queue whenever it is stopped", .enabled(if: FaultyDisk.canBeMade, "there is no C compiler"))
struct StopCircleTests {
  let tiny: TinyData
  let disk: FaultyDisk

  init() throws {
    tiny = try TinyData()
    disk = try FaultyDisk()
  }

  private func until(_ condition: () -> Bool) -> Bool {
    let end = ContinuousClock.now + .seconds(60)
    while !condition() {
      if ContinuousClock.now > end { return false }
      usleep(10_000)
    }
    return true
  }

  /// Starts it, asks it to stop once that is so, and waits for its end.
  private func stop(_ arguments: [String], ranks: Int, when isReady: (RunningProcess) -> Bool) throws -> ProcessResult {
    let process = try startUnderMPI(ranks: ranks, tool: "deepinside", arguments: arguments, environment: disk.environment)
    #expect(until { isReady(process) }, "\(process.output)")
    process.signal(SIGUSR1)
    return process.wait(timeout: 120)
  }

  private func isThere(_ file: String) -> Bool { FileManager.default.fileExists(atPath: file) }

  @Test("class models: the second start makes a result before it heeds the request, and says so", arguments: [1, 2])
  func classModels(ranks: Int) throws {
    try #require(try runTool("deepinside", tiny.training("run", steps: 1)).exitCode == 0)
    let output = tiny.folder.path("models")
    func models(_ iterations: Int) -> [String] {
      ["class-models", "--checkpoint", tiny.newest("run"), "--output", output, "--iterations", "\(iterations)", "--batch", "1", "--threads", "1"]
    }
    func made() throws -> Int { try FileManager.default.contentsOfDirectory(atPath: output).count { $0.hasSuffix(".h5") } }
    let mark = output + "/no-result-yet.txt"

    let manifest = output + "/manifest.jsonl"
    var result = try stop(models(2_000), ranks: ranks) { _ in isThere(manifest) }
    try #require(result.exitCode == 4, "\(result)")
    try #require(try made() == 0 && isThere(mark), "it was faster than the request")
    try FileManager.default.removeItem(atPath: manifest)
    result = try stop(models(2_000), ranks: ranks) { _ in isThere(manifest) }
    #expect(try [0, 4].contains(result.exitCode) && made() > 0, "\(result)")
    #expect(result.output.contains("it is heeded after the first result"), "\(result)")
    #expect(!isThere(mark))
  }

  @Test("prepare: the second start makes a shard before it heeds the request", arguments: [2])
  func prepare(ranks: Int) throws {
    let pack = tiny.folder.path("pack")
    let arguments = ["prepare", "--data", tiny.data, "--output", pack, "--shorter-side", "32", "--shard-pictures", "12", "--threads", "1"]
    // A shard's file takes longer than the ten seconds after which a stop is no longer waited for.
    try disk.slow(milliseconds: 11_500, ".shard")
    func packs(_ process: RunningProcess) -> Bool { process.output.contains("are to be written") }
    var result = try stop(arguments, ranks: ranks, when: packs)
    #expect(result.exitCode == 4, "\(result)")
    try #require(isThere(pack + "/no-shard-yet.txt"))
    result = try stop(arguments, ranks: ranks, when: packs)
    #expect(result.exitCode == 4 && result.output.contains("it is heeded after the first shard"), "\(result)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: pack + "/parts").contains { $0.hasSuffix(".h5") && !$0.hasPrefix(".") })
    #expect(!isThere(pack + "/no-shard-yet.txt"))
  }

  @Test("evaluate makes its report the second time, where it has a folder for it")
  func evaluate() throws {
    try #require(try runTool("deepinside", tiny.training("run", steps: 1)).exitCode == 0)
    let output = tiny.folder.path("errors")
    let arguments = ["evaluate", "--checkpoint", tiny.newest("run"), "--data", tiny.data, "--output", output, "--threads", "1"]
    try disk.slow(milliseconds: 2000, ".csv")
    func stop() throws -> ProcessResult {
      try self.stop(arguments, ranks: 1) { _ in
        ((try? FileManager.default.contentsOfDirectory(atPath: output)) ?? []).contains { $0.contains(".csv") }
      }
    }
    #expect(try stop().exitCode == 4)
    for name in (try FileManager.default.contentsOfDirectory(atPath: output)) where name.contains(".csv") {
      try FileManager.default.removeItem(atPath: output + "/" + name)
    }
    let result = try stop()
    #expect(result.exitCode == 0 && result.output.contains("it is heeded after the first report"), "\(result)")
    #expect(try !FileManager.default.contentsOfDirectory(atPath: output).contains("no-report-yet.txt"))
  }
}
