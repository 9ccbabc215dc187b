import Testing

@Suite("Activations between ranks") struct ExchangeTests {
  @Test(
    "Every rank comes to have the whole matrix, and its block of a sum",
    arguments: [
      Case("matrix-exchange", "rows", "float32", "9"), Case("matrix-exchange", "rows", "bfloat16", "9"),
      Case("matrix-exchange", "columns", "float32", "1003"), Case("matrix-exchange", "columns", "bfloat16", "1003"),
    ], [1, 2, 3, 4])
  func exchange(check: Case, ranks: Int) throws { try expectPass(check, ranks: ranks) }

  @Test("A buffer moves from one rank to another", arguments: [Case("move", "5"), Case("move", "2500001")], [1, 2, 3])
  func move(check: Case, ranks: Int) throws { try expectPass(check, ranks: ranks) }
}
