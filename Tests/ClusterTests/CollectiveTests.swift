import TestSupport
import Testing

/// A check of rank-checks with its arguments.
struct Case: Sendable, CustomTestStringConvertible {
  let name: String
  let arguments: [String]

  init(_ name: String, _ arguments: String...) { (self.name, self.arguments) = (name, arguments) }

  var testDescription: String { ([name] + arguments).joined(separator: " ") }
}

/// Runs the check and expects it to pass.
func expectPass(_ check: Case, ranks: Int) throws {
  let result = try runUnderMPI(ranks: ranks, tool: "rank-checks", arguments: [check.name] + check.arguments)
  #expect(result.exitCode == 0, "\(result)")
}

@Suite struct CollectiveTests {
  // 1048576 Floats are one chunk; 2500001 are odd, and more than one of every type.
  @Test(
    "Collective calls give every rank the right values, and handles are freed once nobody uses them",
    arguments: [
      Case("all-reduce", "0"), Case("all-reduce", "5"), Case("all-reduce", "2500001"), Case("broadcast", "0"),
      Case("broadcast", "5"), Case("broadcast", "4500001"), Case("gather", "0"), Case("gather", "3"), Case("gather", "4500001"),
      Case("agree"), Case("duplicate"), Case("barrier"), Case("handles"),
    ], [1, 2, 3, 4])
  func collective(check: Case, ranks: Int) throws { try expectPass(check, ranks: ranks) }

  @Test("A communicator knows its ranks and its host", arguments: [1, 2, 3, 4])
  func layout(ranks: Int) throws { try expectPass(Case("layout", "\(ranks)"), ranks: ranks) }

  @Test(
    "Without mpirun a program is a job of one rank",
    arguments: [Case("layout", "1"), Case("all-reduce", "5"), Case("reducer")])
  func singleton(check: Case) throws {
    let result = try runTool("rank-checks", [check.name] + check.arguments)
    #expect(result.exitCode == 0, "\(result)")
  }
}
