import Foundation
import TestSupport
import Testing

@testable import Cluster

@Suite struct RankRegisterTests {
  private static let limits = StallLimits(warning: 60, limit: 600)

  private func register() -> RankRegister {
    RankRegister([0: "0/3 on a", 1: "1/3 on a", 2: "2/3 on b"], hearsAll: true, limits: Self.limits, now: 0)
  }

  private func state(_ phase: Activity.Phase, _ progress: Int) -> Activity.State {
    Activity.State(phase: phase, step: 7, progress: progress)
  }

  @Test("Of ranks that wait for one, that one is named, once, and again when it goes on")
  func late() {
    var ranks = register()
    for time in stride(from: 1.0, through: 62, by: 1) {
      for rank in 0...2 {
        #expect(ranks.hear(rank, state(rank == 2 ? .loading : .exchanging, 1), now: time) == nil)
      }
      let verdicts = ranks.judge(now: time)
      #expect(
        verdicts
          == (time == 62
            ? [.warning("rank 2/3 on b is late: no progress for 61 s (at step 7, waiting for pictures)")] : []),
        "at \(time)")
    }
    #expect(ranks.judge(now: 63) == [])
    #expect(ranks.hear(2, state(.computing, 2), now: 64) == .warning("rank 2/3 on b goes on after 63 s"))
    #expect(ranks.judge(now: 65) == [])
  }

  @Test("A silent rank is named, and in the end ends the job")
  func silent() {
    var ranks = register()
    for time in [50.0, 100, 300, 599] {
      for rank in 0...1 { _ = ranks.hear(rank, state(.exchanging, Int(time)), now: time) }
      let verdicts = ranks.judge(now: time)
      let text =
        "rank 2/3 on b has given no sign of life for 100 s (last at starting or ending): is it stopped, or its host or network gone?"
      #expect(verdicts == (time == 100 ? [.warning(text)] : []), "at \(time)")
    }
    for rank in 0...1 { _ = ranks.hear(rank, state(.exchanging, 999), now: 601) }
    guard case .end(let text) = ranks.judge(now: 601).first else {
      Issue.record("the job goes on")
      return
    }
    #expect(text.hasPrefix("rank 2/3 on b has given no sign of life for 10 min") && text.hasSuffix("--stall-limit 10 min"))
  }

  @Test("When all wait for each other the network is suspected; who makes progress, or has no pace, is never late")
  func nobodyToBlame() {
    var ranks = register()
    for rank in 0...2 { _ = ranks.hear(rank, state(.exchanging, 1), now: 1) }
    for rank in 0...2 { _ = ranks.hear(rank, state(.exchanging, 1), now: 70) }
    #expect(ranks.judge(now: 70).count == 3)

    // A rank that isn't heard of any more will be named itself: those that wait for it are not.
    ranks = register()
    for rank in 0...2 { _ = ranks.hear(rank, state(.exchanging, 1), now: 1) }
    for rank in 0...1 { _ = ranks.hear(rank, state(.exchanging, 1), now: 62) }
    let verdicts = ranks.judge(now: 62)
    #expect(verdicts.count == 1 && "\(verdicts)".contains("rank 2/3 on b has given no sign of life"), "\(verdicts)")

    ranks = register()
    for time in stride(from: 10.0, to: 1000, by: 10) {
      for rank in 0...2 { _ = ranks.hear(rank, state(rank == 0 ? .unknown : .item, rank == 0 ? 0 : Int(time)), now: time) }
      #expect(ranks.judge(now: time) == [], "at \(time)")
    }
  }

  @Test("Who hears of rank 0 alone can't tell whom it waits for, and judges its silence only")
  func partial() {
    var rank0 = RankRegister([0: "0/3 on a"], hearsAll: false, limits: Self.limits, now: 0)
    for phase in [Activity.Phase.exchanging, .computing] {
      for time in [1.0, 62, 700] {
        _ = rank0.hear(0, state(phase, 1), now: time)
        #expect(rank0.judge(now: time) == [], "\(phase) at \(time)")
      }
    }
    #expect("\(rank0.judge(now: 762))".contains("rank 0/3 on a has given no sign of life for 62 s"))
  }

  @Test("A process that was stopped itself blames nobody")
  func forgives() {
    var ranks = register()
    ranks.forgive(now: 5000)
    #expect(ranks.judge(now: 5001) == [])
  }
}

@Suite struct WatchdogTests {
  /// Rank by rank of a running job of rank-checks.
  private func start(_ arguments: [String], ranks: Int) throws -> RunningProcess {
    let process = try startUnderMPI(ranks: ranks, tool: "rank-checks", arguments: ["stall"] + arguments)
    let deadline = ContinuousClock.now + .seconds(20)
    while process.output.components(separatedBy: "pid").count <= ranks, ContinuousClock.now < deadline { usleep(5000) }
    return process
  }

  private func pid(of rank: Int, in output: String) throws -> pid_t {
    let line = try #require(output.split(separator: "\n").first { $0.hasPrefix("rank \(rank) pid ") }, "\(output)")
    return try #require(line.split(separator: " ").last.flatMap { pid_t($0) })
  }

  @Test("A rank that makes no progress is named, and ends the job", arguments: [0, 1, 2])
  func stuck(rank: Int) throws {
    let result = try start(["\(rank)", "0.6", "2"], ranks: 3).wait()
    #expect(result.exitCode == 1, "\(result)")
    let host = ProcessInfo.processInfo.hostName
    #expect(result.output.contains("deepinside: rank \(rank)/3 on \(host) is late: no progress for"), "\(result)")
    #expect(result.output.contains("(at step 5, computing); ended after --stall-limit 2 s"), "\(result)")
    #expect(!result.output.contains("as all do"), "\(result)")
  }

  @Test("A stopped rank is named by the others, and ends the job", arguments: [0, 1])
  func stopped(rank: Int) throws {
    let process = try start(["-1", "0.6", "2"], ranks: 2)
    let victim = try pid(of: rank, in: process.output)
    kill(victim, SIGSTOP)
    let result = process.wait()
    kill(victim, SIGKILL)
    #expect(result.exitCode == 1, "\(result)")
    #expect(result.output.contains("rank \(rank)/2 on"), "\(result)")
    #expect(result.output.contains("no sign of life for"), "\(result)")
  }

  @Test("When a rank dies rank 0 says how far the work was")
  func lastWords() throws {
    let result = try start(["-1", "60", "600", "kill"], ranks: 2).wait()
    #expect(result.exitCode == 137, "\(result)")
    #expect(result.output.contains("deepinside: the job ends; rank 0 was at step 5, "), "\(result)")
  }

  @Test("A rank that was stopped for a while is named, goes on, and the job ends well")
  func continued() throws {
    // The job lasts until both sentences have been said: on a machine that is busy otherwise that may take long.
    let folder = try TemporaryFolder()
    let process = try start(["-1", "0.6", "600", folder.path("over")], ranks: 2)
    let victim = try pid(of: 1, in: process.output)
    func wait(for sentence: String) {
      let deadline = ContinuousClock.now + .seconds(300)
      while !process.output.contains(sentence), !process.hasEnded, ContinuousClock.now < deadline { usleep(5000) }
    }
    kill(victim, SIGSTOP)
    wait(for: "rank 1/2 on \(ProcessInfo.processInfo.hostName) has given no sign of life")
    kill(victim, SIGCONT)
    wait(for: "goes on after")
    try Data().write(to: URL(fileURLWithPath: folder.path("over")))
    let result = process.wait()
    #expect(result.exitCode == 0 && result.output.contains("goes on after"), "\(result)")
  }
}

@Suite struct FileWatchTests {
  private func register() -> RankRegister {
    RankRegister([0: "0/2 on a", 1: "1/2 on b"], hearsAll: true, limits: StallLimits(warning: 60, limit: 600), now: 0)
  }

  @Test(
    "Who is late because of a file is named with it, in any phase but computing",
    arguments: [Activity.Phase.loading, .evaluating, .saving, .item, .mean, .listing, .unknown, .exchanging])
  func named(phase: Activity.Phase) {
    var ranks = register()
    let file = FileNote(action: phase == .saving ? .writing : .reading, path: "/data/x.jpg", seconds: 61)
    _ = ranks.hear(0, Activity.State(phase: .exchanging, step: 0, progress: 1), now: 1)
    _ = ranks.hear(1, Activity.State(phase: phase, step: 0, progress: 1), now: 1)
    _ = ranks.hear(0, Activity.State(phase: .exchanging, step: 0, progress: 1), now: 70)
    _ = ranks.hear(1, Activity.State(phase: phase, step: 0, progress: 1), file: file, now: 70)
    let text = "\(ranks.judge(now: 70))"
    #expect(text.contains("rank 1/2 on b is late: it has been \(file.action.description) /data/x.jpg for 61 s"), "\(text)")
    #expect(!text.contains("network"), "\(text)")
    #expect(!text.contains("rank 0/2"), "\(text)")
  }

  @Test("A file beside the computing is not what a rank is late for, and one that makes progress is not late")
  func beside() {
    var ranks = register()
    let file = FileNote(action: .writing, path: "/run/step.h5", seconds: 500)
    for time in [1.0, 500] {
      for rank in 0...1 { _ = ranks.hear(rank, Activity.State(phase: .computing, step: 3, progress: 1), file: file, now: time) }
    }
    #expect(!"\(ranks.judge(now: 500))".contains("step.h5"))
    ranks = register()
    for time in stride(from: 10.0, to: 1000, by: 10) {
      for rank in 0...1 {
        _ = ranks.hear(rank, Activity.State(phase: .loading, step: 3, progress: Int(time)), file: file, now: time)
      }
      #expect(ranks.judge(now: time) == [], "at \(time)")
    }
  }

  @Test("The note of a file travels in a message; of a long path its end")
  func travels() {
    let message = UnsafeMutablePointer<Int>.allocate(capacity: FileNote.count)
    defer { message.deallocate() }
    message.initialize(repeating: 0, count: FileNote.count)
    for path in ["", "/a", "/data/é.jpg", String(repeating: "x", count: 600) + "/end.jpg"] {
      let note = FileNote(action: .listing, path: path, seconds: 1.5)
      FileNote.write(note, to: message)
      let read = FileNote(message)
      #expect(read?.action == .listing && read?.seconds == 1.5)
      #expect(read?.path == String(path.suffix(512)))
    }
    FileNote.write(nil, to: message)
    #expect(FileNote(message) == nil)
  }
}
