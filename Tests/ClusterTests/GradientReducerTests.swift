import TestSupport
import Testing

@Suite struct GradientReducerTests {
  @Test(
    "Ranges of gradients become their sums over the ranks, step after step",
    arguments: [Case("reducer", "float32"), Case("reducer", "ring"), Case("reducer", "bfloat16")], [1, 2, 3, 4])
  func sums(check: Case, ranks: Int) throws { try expectPass(check, ranks: ranks) }

  @Test("Ranks of a host each sum a share, and hand it to the others", arguments: [1, 2, 3, 4])
  func shares(ranks: Int) throws { try expectPass(Case("shares"), ranks: ranks) }

  @Test("A sum in tree order is right, to the bit", arguments: ["reducer", "reducer-tree"], [1, 2, 4, 8])
  func tree(check: String, ranks: Int) throws { try expectPass(Case(check, "tree"), ranks: ranks) }

  @Test(
    "Sums are as precise as what travels, and the same on all ranks", arguments: ["float32", "ring", "bfloat16"], [2, 3, 4])
  func rounding(reduction: String, ranks: Int) throws { try expectPass(Case("reducer-rounding", reduction), ranks: ranks) }

  @Test("An error on the communication thread ends the job with a sentence")
  func failure() throws {
    let result = try runUnderMPI(ranks: 2, tool: "rank-checks", arguments: ["reducer-fails"])
    #expect(result.exitCode == 1, "\(result)")
    #expect(result.output.contains("MPI_Sendrecv failed while exchanging"), "\(result)")
  }
}
