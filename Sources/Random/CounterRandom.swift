import Foundation

/// Random numbers as a pure function of (seed, purpose, epoch, sample): no state travels between samples, steps or ranks.
///
/// The generator is Philox4x32-10: the key is the seed, the counter is (block, purpose and epoch, sample). Two streams with
/// different arguments never overlap, so a crop, a dropout mask or a shuffle depends on *what* it is for, and not on which rank
/// draws it or when.
///
/// Source: Salmon et al., *Parallel Random Numbers: As Easy as 1, 2, 3*, SC 2011.
public struct CounterRandom: RandomNumberGenerator, Sendable {
  /// The purpose of the numbers; every purpose has its own streams.
  public enum Purpose: UInt32, Sendable, CaseIterable {
    case initialization = 1
    case order, crop, flip, colour, erasing, dropout, synthesis, visualization, test
  }

  private let key: SIMD2<UInt32>
  private var counter: SIMD4<UInt32>
  private var block = SIMD4<UInt32>()
  private var used = 4

  /// - Parameters:
  ///   - seed: The seed of the run.
  ///   - purpose: What the numbers are for.
  ///   - epoch: 0 … 2²⁴ − 1; another number that counts slowly may take its place (a layer, a class).
  ///   - sample: The global index of the sample.
  public init(seed: UInt64, purpose: Purpose, epoch: Int = 0, sample: Int = 0) {
    key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    let sampleBits = UInt64(bitPattern: Int64(sample))
    counter = SIMD4(
      0, Self.stream(purpose, epoch: epoch),
      UInt32(truncatingIfNeeded: sampleBits), UInt32(truncatingIfNeeded: sampleBits >> 32))
  }

  /// The word of the counter that says what the numbers are for, as kernels in C take it.
  package static func stream(_ purpose: Purpose, epoch: Int) -> UInt32 {
    precondition((0..<(1 << 24)).contains(epoch), "epoch \(epoch) is beyond 24 bits")
    return purpose.rawValue << 24 | UInt32(epoch)
  }

  /// The next 32 random bits.
  public mutating func next32() -> UInt32 {
    if used == 4 {
      block = Self.philox(counter: counter, key: key)
      counter.x &+= 1
      used = 0
    }
    defer { used += 1 }
    return block[used]
  }

  public mutating func next() -> UInt64 { UInt64(next32()) << 32 | UInt64(next32()) }

  /// A number that is uniform in [0, 1), a multiple of 2⁻²⁴.
  public mutating func uniform() -> Float { Float(next32() >> 8) * 0x1p-24 }

  /// A number that is uniform in `range`.
  public mutating func uniform(in range: ClosedRange<Float>) -> Float {
    range.lowerBound + (range.upperBound - range.lowerBound) * uniform()
  }

  /// An index that is uniform in 0 ..< `bound` (Lemire's multiplication; the bias is below `bound` / 2⁶⁴).
  public mutating func index(below bound: Int) -> Int {
    precondition(bound > 0, "no index lies below \(bound)")
    return Int(next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// A normally distributed number with mean 0 and standard deviation 1 (Box–Muller).
  public mutating func normal() -> Float {
    let radius = (-2 * log(1 - uniform())).squareRoot()
    return radius * cos(2 * .pi * uniform())
  }

  /// A random permutation of 0 ..< `count` (Fisher–Yates).
  public mutating func permutation(of count: Int) -> [Int32] {
    precondition(count <= Int(Int32.max), "\(count) samples are more than 2³¹ − 1")
    var order = (0..<Int32(count)).map { $0 }
    guard count > 1 else { return order }
    for last in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(last, index(below: last + 1))
    }
    return order
  }

  /// Philox4x32-10: makes four random words from a counter and a key.
  static func philox(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
    var counter = counter
    var key = key
    for _ in 0..<10 {
      let first = counter.x.multipliedFullWidth(by: 0xD251_1F53)
      let second = counter.z.multipliedFullWidth(by: 0xCD9E_8D57)
      counter = SIMD4(second.high ^ counter.y ^ key.x, second.low, first.high ^ counter.w ^ key.y, first.low)
      key &+= SIMD2(0x9E37_79B9, 0xBB67_AE85)
    }
    return counter
  }
}
