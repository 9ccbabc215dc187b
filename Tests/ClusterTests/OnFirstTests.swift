import TestSupport
import Testing

@Suite struct OnFirstTests {
  @Test(
    "What rank 0 finds, all ranks have; what it throws, all throw, and may go on after it",
    arguments: [Case("on-first", "0"), Case("on-first", "3"), Case("on-first", "900001"), Case("on-first-error")], [1, 2, 3, 4])
  func values(check: Case, ranks: Int) throws { try expectPass(check, ranks: ranks) }

  @Test("Ranks that wait for rank 0 take no processor time", arguments: [2, 4])
  func waiting(ranks: Int) throws { try expectPass(Case("on-first-sleeps"), ranks: ranks) }

  @Test("An error of rank 0 ends the job with its code, and is said once", arguments: [1, 2, 3, 4], [1, 3])
  func ending(ranks: Int, code: Int32) throws {
    let result = try runUnderMPI(
      ranks: ranks, tool: "rank-checks", arguments: ["on-first-ends", "\(code)", "0.7", "cannot list the pictures"])
    #expect(result.exitCode == code, "\(result)")
    #expect(result.lines.count == 1 && result.output.contains("cannot list the pictures"), "\(result)")
    #expect(ranks == 1 || result.output.contains("[rank 0/\(ranks) on "), "\(result)")
  }
}
