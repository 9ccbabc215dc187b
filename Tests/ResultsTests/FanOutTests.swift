import Testing

@testable import Results

@Suite("Sharing out items") struct FanOutTests {
  @Test("Near the end of the queue a share is a fair part of what is left") func shares() {
    func share(_ item: Int, _ count: Int, _ ranks: Int) -> Int {
      FanOut<Int>.share(from: item, count: count, ranks: ranks, batch: 16)
    }
    #expect(share(0, 1000, 4) == 16)
    #expect(share(0, 10, 1) == 10)
    #expect(share(0, 10, 4) == 3)
    #expect(share(990, 1000, 4) == 3)
    #expect(share(999, 1000, 4) == 1)
  }
}
