import TestSupport
import Testing

@Suite struct WorkQueueTests {
  @Test(
    "The work queue hands out each item once, and all reports arrive",
    arguments: [
      Case("queue-once", "0"), Case("queue-once", "1"), Case("queue-once", "500"), Case("queue-slow-rank"),
      Case("queue-order"), Case("queue-reports", "200", "1000"), Case("queue-reports", "6", "5000001"),
    ], [1, 2, 3, 4])
  func sharing(check: Case, ranks: Int) throws { try expectPass(check, ranks: ranks) }

  @Test("A report that can't be written ends the job with its message", arguments: [(1, 0), (3, 0), (2, 1), (4, 2)])
  func failingReport(ranks: Int, reporter: Int) throws {
    let result = try runUnderMPI(ranks: ranks, tool: "rank-checks", arguments: ["queue-report-fails", "\(reporter)"])
    #expect(result.exitCode == 3, "\(result)")
    #expect(result.output.contains("cannot write manifest.jsonl: no space left on device"), "\(result)")
    #expect(ranks == 1 || result.output.contains("[rank 0/\(ranks) on "), "\(result)")
  }

  @Test("A rank that fails in its work ends the job with its message", arguments: [(1, 0), (3, 0), (2, 1), (4, 3)])
  func failingRank(ranks: Int, rank: Int) throws {
    let result = try runUnderMPI(ranks: ranks, tool: "rank-checks", arguments: ["queue-rank-fails", "\(rank)"])
    #expect(result.exitCode == 1, "\(result)")
    #expect(result.output.contains("cannot do item 3"), "\(result)")
  }
}
