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

  /// Starts it, asks it to stop while the flush of that file waits, and lets that flush go on when the request has been heard.
  ///
  /// - Parameters:
  ///   - only: the one rank that hears it; nil for all.
  ///   - words: what is said then, if anything is.
  private func stop(
    _ arguments: [String], ranks count: Int, only: Int? = nil, at file: String, until words: String = ""
  ) throws -> ProcessResult {
    try disk.hold(file)
    let process = try startUnderMPI(ranks: count, tool: "deepinside", arguments: arguments, environment: disk.environment)
    var found: [pid_t] = []
    #expect(
      becomesTrue {
        found = rankProcesses(withArgument: tiny.folder.path("out"))
        return disk.wasMet && found.count == count
      }, "\(process.output)")
    for (rank, pid) in found.enumerated() where only ?? rank == rank {
      kill(pid, SIGUSR1)
      #expect(becomesTrue { !isPending(SIGUSR1, pid) })
    }
    // From the signal that is read to the request that is noted.
    usleep(100_000)
    #expect(words.isEmpty || becomesTrue { process.output.contains(words) }, "\(process.output)")
    try disk.mend()
    return process.wait()
  }

  private func isPending(_ signal: Int32, _ pid: pid_t) -> Bool {
    let status = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
    let mask = status.firstMatch(of: /ShdPnd:\s*([0-9a-f]+)/).flatMap { UInt64($0.1, radix: 16) } ?? 0
    return mask & 1 << UInt64(signal - 1) != 0
  }

  private func names(_ folder: String) throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder) }

  private func isThere(_ file: String) -> Bool { FileManager.default.fileExists(atPath: file) }

  @Test("class models: the second start makes a result before it heeds the request, and says so", arguments: [1, 2])
  func classModels(ranks: Int) throws {
    try #require(try runTool("deepinside", tiny.training("run", steps: 1)).exitCode == 0)
    let output = tiny.folder.path("out")
    let arguments = [
      "class-models", "--checkpoint", tiny.newest("run"), "--output", output, "--iterations", "20", "--batch", "1", "--threads",
      "1",
    ]
    func made() throws -> Int { try names(output).count { $0.hasSuffix(".h5") && !$0.hasPrefix(".") } }

    var result = try stop(arguments, ranks: ranks, at: "no-result-yet")
    #expect(result.exitCode == 4, "\(result)")
    #expect(try made() == 0 && isThere(output + "/no-result-yet.txt"))
    result = try stop(arguments, ranks: ranks, at: ".h5", until: "it is heeded after the first result")
    #expect(try result.exitCode == 4 && (1...ranks).contains(made()), "\(result)")
    #expect(!isThere(output + "/no-result-yet.txt"))
  }

  @Test("prepare: the second start makes a shard before it heeds the request", arguments: [1, 2])
  func prepare(ranks: Int) throws {
    let pack = tiny.folder.path("out")
    let arguments = [
      "prepare", "--data", tiny.data, "--output", pack, "--shorter-side", "32", "--shard-pictures", "12", "--threads", "1",
    ]
    var result = try stop(arguments, ranks: ranks, at: "no-shard-yet")
    #expect(result.exitCode == 4, "\(result)")
    try #require(isThere(pack + "/no-shard-yet.txt"))
    result = try stop(arguments, ranks: ranks, at: ".shard", until: "it is heeded after the first shard")
    #expect(result.exitCode == 4, "\(result)")
    #expect(try names(pack + "/parts").contains { $0.hasSuffix(".h5") && !$0.hasPrefix(".") })
    #expect(!isThere(pack + "/no-shard-yet.txt"))
  }

  @Test("train: the second start makes an update before it heeds the request", arguments: [1, 2])
  func train(ranks: Int) throws {
    let run = tiny.folder.path("out")
    var result = try stop(tiny.training("out", steps: 1000), ranks: ranks, at: "no-update-yet")
    #expect(result.exitCode == 4, "\(result)")
    #expect(try !isThere(run + "/checkpoints") || names(run + "/checkpoints").isEmpty)
    result = try stop(
      tiny.training("out", steps: 1000), ranks: ranks, at: "metrics.jsonl", until: "it is heeded after the first update")
    #expect(result.exitCode == 4 && result.output.contains("stopped on request at step 1, saved in"), "\(result)")
    #expect(isThere(run + "/checkpoints/step-00000001.h5") && !isThere(run + "/no-update-yet.txt"))
  }

  // The other rank waits a moment for rank 0 to speak first; meanwhile nothing of what it is about to say may become untrue.
  @Test("train: a request that has reached one rank alone ends the job before an update, as it says", arguments: [0, 1])
  func train(requestAt rank: Int) throws {
    let run = tiny.folder.path("out")
    let result = try stop(tiny.training("out", steps: 1000), ranks: 2, only: rank, at: "no-update-yet")
    #expect(result.exitCode == 4 && result.output.contains("before any update"), "\(result)")
    #expect(try !isThere(run + "/checkpoints") || names(run + "/checkpoints").isEmpty, "\(result)")
  }

  @Test("evaluate makes its report the second time, where it has a folder for it")
  func evaluate() throws {
    try #require(try runTool("deepinside", tiny.training("run", steps: 1)).exitCode == 0)
    let output = tiny.folder.path("out")
    let arguments = ["evaluate", "--checkpoint", tiny.newest("run"), "--data", tiny.data, "--output", output, "--threads", "1"]
    #expect(try stop(arguments, ranks: 1, at: ".csv", until: "stopped on request").exitCode == 4)
    let result = try stop(arguments, ranks: 1, at: ".csv", until: "it is heeded after the first report")
    #expect(result.exitCode == 0, "\(result)")
    #expect(!isThere(output + "/no-report-yet.txt"))
  }
}
