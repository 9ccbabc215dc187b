import Testing

@testable import DataLoader

@Suite("Sampling")
struct EpochSamplerTests {
  @Test("every step's samples are the same on 1, 2, 3 and 4 ranks, in the same order", arguments: [1, 2, 3, 4, 7])
  func ranks(_ ranks: Int) {
    let sampler = EpochSampler(count: 23, seed: 5)
    for step in 0..<12 {
      let whole = sampler.entries(EpochSampler.range(from: 10 * step, batch: 10, rank: 0, ranks: 1))
      let parts = (0..<ranks).map { sampler.entries(EpochSampler.range(from: 10 * step, batch: 10, rank: $0, ranks: ranks)) }
      #expect(parts.flatMap { $0 } == whole)
      #expect((parts.map(\.count).max() ?? 0) - (parts.map(\.count).min() ?? 0) <= 1)
    }
  }

  @Test("an epoch has every sample once, each epoch in an order of its own, and batches straddle them")
  func epochs() {
    let sampler = EpochSampler(count: 23, seed: 5)
    let entries = sampler.entries(0..<69)
    for epoch in 0..<3 {
      let part = entries[(epoch * 23)..<((epoch + 1) * 23)]
      #expect(part.map(\.sample).sorted() == Array(0..<23))
      #expect(part.allSatisfy { $0.epoch == epoch })
    }
    #expect(entries[0..<23].map(\.sample) != entries[23..<46].map(\.sample))
    #expect(entries.map(\.global) == Array(0..<69))
    // Steps 2 and 4 with a batch of 10 straddle the ends of epochs 0 and 1; their batches are complete.
    #expect(
      sampler.entries(EpochSampler.range(from: 20, batch: 10, rank: 0, ranks: 1)).map(\.epoch).filter { $0 == 1 }.count == 7)
  }

  @Test("a new sampler that starts in the middle, or goes back, gives the same samples")
  func resume() {
    let first = EpochSampler(count: 23, seed: 5).entries(0..<200)
    let second = EpochSampler(count: 23, seed: 5)
    #expect(second.entries(100..<200) == Array(first[100...]))
    #expect(second.entries(0..<40) == Array(first[..<40]))
    #expect(second.entries(180..<200) == Array(first[180...]))
    #expect(EpochSampler(count: 23, seed: 6).entries(0..<200) != first)
  }

  @Test("a finite set is shared out whole", arguments: [1, 2, 3, 4, 5, 60])
  func share(_ ranks: Int) {
    #expect((0..<ranks).flatMap { Array(EpochSampler.share(of: 53, rank: $0, ranks: ranks)) } == Array(0..<53))
  }
}
