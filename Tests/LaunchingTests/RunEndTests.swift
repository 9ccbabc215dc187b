import Foundation
import Testing

@testable import Launching

/// Requests to stop, and what the end of a run means.
@Suite struct RunEndTests {
  @Test("The first request saves the work, a second one that isn't SIGUSR1 ends the ranks, if it isn't sent along with the first")
  func requests() {
    for (signals, answers) in [
      ([SIGUSR1, SIGUSR1], [.save(isTold: false), .save(isTold: false)]),
      ([SIGTERM, SIGTERM], [.save(isTold: true), .endRanks]),
      ([SIGINT, SIGUSR1, SIGINT], [.save(isTold: true), .save(isTold: false), .endRanks]),
      ([SIGUSR1, SIGHUP], [.save(isTold: false), .endRanks]),
    ] as [([Int32], [StopAnswers.Answer])] {
      var requests = StopAnswers()
      #expect(!requests.isStopping)
      let start = ContinuousClock.now
      let found = signals.enumerated().map { requests.answer($1, during: .ranks, at: start + .seconds(2 * $0)) }
      #expect(found == answers && requests.isStopping)
      var atOnce = StopAnswers()
      for (number, signal) in signals.enumerated() {
        let answer = atOnce.answer(signal, during: .ranks, at: start + .milliseconds(300 * number))
        #expect(answer == .save(isTold: signal != SIGUSR1))
      }
    }
  }

  @Test("A request before the ranks ends a build, and nothing is started")
  func early() {
    var requests = StopAnswers()
    let start = ContinuousClock.now
    #expect(requests.answer(SIGUSR1, during: .build, at: start) == .endBuild && requests.isStopping)
    #expect(requests.answer(SIGTERM, during: .nothing, at: start) == .startNothing)
    #expect(requests.answer(SIGTERM, during: .ranks, at: start + .seconds(2)) == .endRanks)
  }

  @Test("Reminders come with growing pauses")
  func reminders() {
    var reminders = Reminders()
    #expect((0..<6).map { _ in reminders.next() } == [1, 2, 4, 8, 8, 8])
  }

  @Test(
    "Only a failure that is no word of a rank's own is tried again, and only as often as asked for",
    arguments: [
      (0, true, false, 0, false, false), (1, false, false, 1, true, false), (2, false, false, 2, false, false),
      (3, false, false, 3, false, false), (4, false, false, 4, false, false), (137, false, false, 137, true, true),
      (205, false, false, 205, true, true),
      // mpirun 5 after a cut link.
      (0, false, false, 1, true, true),
      // Asked to stop, nothing is started again; 138 is a rank that was asked before it could listen.
      (1, false, true, 1, false, false), (137, false, true, 137, false, true), (138, false, true, 4, false, false),
      (138, false, false, 138, true, true),
    ] as [(Int32, Bool, Bool, Int32, Bool, Bool)])
  func ends(code: Int32, isDone: Bool, isStopping: Bool, exitCode: Int32, isTriedAgain: Bool, leavesThings: Bool) {
    let end = RunEnd(code: code, isDone: isDone, isStopping: isStopping)
    #expect(end.exitCode == exitCode && end.leavesThingsBehind == leavesThings)
    #expect(end.isFollowedByRestart(after: 1, of: 2) == isTriedAgain)
    #expect(!end.isFollowedByRestart(after: 2, of: 2))
  }

  @Test(
    "An end is explained",
    arguments: [
      (0, true, false, []), (3, false, false, []),
      (
        137, false, false,
        ["a rank was ended by signal 9 (SIGKILL): the usual cause is a lack of memory; try fewer ranks or a smaller batch"]
      ),
      (139, false, false, ["a rank was ended by signal 11 (SIGSEGV)"]),
      (163, false, false, ["a rank was ended by signal 35 (SIGRTMIN+1)"]),
      (205, false, false, ["the connection to a host was lost"]),
      (
        0, false, false,
        ["mpirun ended as if all were well, but rank 0 did not come to its end: a host or the connection to it was lost"]
      ),
      (138, false, true, ["stopped before the ranks were ready for it: no update was made; what was saved before is whole"]),
    ] as [(Int32, Bool, Bool, [String])])
  func explanations(code: Int32, isDone: Bool, isStopping: Bool, texts: [String]) {
    #expect(RunEnd(code: code, isDone: isDone, isStopping: isStopping).explanations(launcher: "mpirun") == texts)
  }

  @Test("What a process does with a signal is read from the kernel's masks")
  func dispositions() {
    let status = "Name:\tsh\nSigBlk:\t0000000000000800\nSigIgn:\t0000000000000200\nSigCgt:\t0000000000010002\n"
    let dispositions = SignalDispositions(status: status)
    #expect(dispositions.isIgnored(SIGUSR1) && dispositions.isSurvived(SIGUSR1))
    #expect(!dispositions.isIgnored(SIGINT) && dispositions.isSurvived(SIGINT) && !dispositions.isSurvived(SIGTERM))
    #expect(!dispositions.isIgnored(SIGUSR2) && dispositions.isSurvived(SIGUSR2))
    #expect(!SignalDispositions(status: "").isSurvived(SIGUSR1))
  }

  @Test(
    "The word of rank 0 is taken out of the output, however it arrives",
    arguments: [
      ("result\nWORD\n", "result\n", true), ("result\nhalf a lineWORD\n", "result\nhalf a line\n", true), ("WORD", "", true),
      ("no end", "no end\n", false), ("a\n\nb\n", "a\n\nb\n", false), ("WOR\nWWORD\nlast\n", "WOR\nW\nlast\n", true),
      ("\rstep 1\rstep 2WORD\n\n", "\rstep 1\rstep 2\n\n", true), ("WOR", "WOR\n", false), ("", "", false),
    ])
  func output(printed: String, passed: String, isDone: Bool) {
    for size in [1, 2, 3, 100] {
      var filter = OutputFilter(word: "WORD")
      let bytes = Array(printed.utf8)
      var result: [UInt8] = []
      for start in stride(from: 0, to: bytes.count, by: size) {
        result += filter.pass(bytes[start..<min(start + size, bytes.count)])
      }
      result += filter.finish()
      #expect(String(decoding: result, as: UTF8.self) == passed && filter.isDone == isDone, "pieces of \(size)")
    }
  }

  @Test("A line that has not ended is passed on at once, as far as it can't be the word")
  func unfinishedLine() {
    var filter = OutputFilter(word: "WORD")
    #expect(filter.pass(Array("\r50 % WO".utf8)) == Array("\r50 % ".utf8))
    #expect(filter.pass(Array("W".utf8)) == Array("WO".utf8))
  }
}
