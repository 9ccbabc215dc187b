import Testing

@testable import Random

/// Philox and what is drawn from it.
@Suite struct CounterRandomTests {
  /// Source: kat_vectors of Random123 (Salmon et al. 2011), `philox4x32 10`.
  @Test(
    "Philox4x32-10 gives its known answers",
    arguments: [
      ([0, 0, 0, 0], [0, 0], [0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8]),
      (
        [UInt32.max, .max, .max, .max], [UInt32.max, .max], [0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD]
      ),
      (
        [0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344], [0xA409_3822, 0x299F_31D0],
        [0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1]
      ),
    ] as [([UInt32], [UInt32], [UInt32])])
  func knownAnswers(counter: [UInt32], key: [UInt32], expected: [UInt32]) {
    let found = CounterRandom.philox(counter: SIMD4(counter), key: SIMD2(key))
    #expect(found == SIMD4(expected))
  }

  @Test("Streams of other seeds, purposes, epochs and samples differ, and the same stream repeats")
  func streams() {
    let base = { CounterRandom(seed: 1, purpose: .crop, epoch: 2, sample: 3) }
    func words(_ random: CounterRandom) -> [UInt32] {
      var random = random
      return (0..<9).map { _ in random.next32() }
    }
    let streams = [
      base(), CounterRandom(seed: 1 + 1 << 32, purpose: .crop, epoch: 2, sample: 3),
      CounterRandom(seed: 1, purpose: .flip, epoch: 2, sample: 3), CounterRandom(seed: 1, purpose: .crop, epoch: 3, sample: 3),
      CounterRandom(seed: 1, purpose: .crop, epoch: 2, sample: 4), CounterRandom(seed: 1, purpose: .crop, epoch: 2, sample: -3),
    ].map(words)
    #expect(Set(streams).count == streams.count)
    #expect(Set(streams.joined()).count == 9 * streams.count)
    #expect(words(base()) == streams[0])
  }

  @Test("Normal numbers have the normal distribution's moments")
  func normal() {
    var random = CounterRandom(seed: 21, purpose: .test)
    let count = 200_000
    let values = (0..<count).map { _ in Double(random.normal()) }
    #expect(values.allSatisfy { $0.isFinite })
    // The k-th sample moment has the variance (E x^2k − (E x^k)²) / count; five deviations.
    for (power, moment, variance) in [(1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)] as [(Int, Double, Double)] {
      let found = values.reduce(0) { sum, x in sum + (1..<power).reduce(x) { product, _ in product * x } } / Double(count)
      #expect(abs(found - moment) <= 5 * (variance / Double(count)).squareRoot(), "moment \(power), seed 21")
    }
  }

  @Test("Uniform numbers lie in [0, 1) and fill ten bins evenly")
  func uniform() {
    var random = CounterRandom(seed: 22, purpose: .test)
    var bins = Array(repeating: 0, count: 10)
    for _ in 0..<100_000 {
      let value = random.uniform()
      #expect(value >= 0 && value < 1)
      bins[Int(value * 10)] += 1
    }
    // Deviation of a bin: √(1e5 · 0.1 · 0.9) = 95; five of them.
    #expect(bins.allSatisfy { abs($0 - 10_000) <= 475 }, "\(bins), seed 22")
  }

  @Test("Indices reach every value below the bound and none else", arguments: [1, 2, 3, 7, 1000])
  func indices(bound: Int) {
    var random = CounterRandom(seed: 23, purpose: .test, sample: bound)
    let seen = Set((0..<(20 * bound)).map { _ in random.index(below: bound) })
    // A value stays unseen with probability (1 − 1/bound)^(20·bound) ≈ 2e-9.
    #expect(seen == Set(0..<bound), "seed 23")
  }

  @Test("A permutation has every index once, and differs by epoch", arguments: [0, 1, 2, 5, 1000])
  func permutation(count: Int) {
    let orders = (0..<3).map { epoch in
      var random = CounterRandom(seed: 24, purpose: .order, epoch: epoch)
      return random.permutation(of: count)
    }
    for order in orders { #expect(order.sorted() == Array(0..<Int32(count))) }
    if count == 1000 { #expect(Set(orders).count == 3) }
  }

  @Test("Every order of three comes equally often")
  func fairness() {
    var counts: [[Int32]: Int] = [:]
    for epoch in 0..<6000 {
      var random = CounterRandom(seed: 25, purpose: .order, epoch: epoch)
      counts[random.permutation(of: 3), default: 0] += 1
    }
    // Deviation √(6000 · 5/36) = 29; five of them.
    #expect(counts.count == 6 && counts.values.allSatisfy { abs($0 - 1000) <= 145 }, "\(counts), seed 25")
  }
}
