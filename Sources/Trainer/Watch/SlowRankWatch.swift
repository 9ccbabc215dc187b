/// Notices a rank that takes longer per picture than the others, which wait for it in every step.
struct SlowRankWatch {
  /// Updates over which times are added up.
  static let window = 100
  /// Times the median of the ranks above which a rank is slow.
  static let limit = 1.5

  private var sums: [Double]
  private var count = 0
  private var warned: Int?

  init(ranks: Int) { sums = [Double](repeating: 0, count: ranks) }

  /// Takes in the seconds that a picture took on each rank, 0 where there was none.
  /// - Returns: at the end of a window the rank that is slow, once in a row, and how many times the median it takes.
  mutating func add(_ seconds: [Double]) -> (rank: Int, times: Double)? {
    for (rank, value) in seconds.enumerated() { sums[rank] += value }
    count += 1
    guard count == Self.window else { return nil }
    let slowest = Self.slowest(sums)
    sums = sums.map { _ in 0 }
    count = 0
    guard let slowest, slowest.seconds > Self.limit * slowest.median else {
      warned = nil
      return nil
    }
    defer { warned = slowest.rank }
    return warned == slowest.rank ? nil : (slowest.rank, slowest.seconds / slowest.median)
  }

  /// The slowest of the ranks that had pictures, and their lower median; nil if fewer than two had any.
  static func slowest(_ seconds: [Double]) -> (rank: Int, seconds: Double, median: Double)? {
    let working = seconds.filter { $0 > 0 }.sorted()
    guard working.count > 1, let most = working.last, let rank = seconds.firstIndex(of: most) else { return nil }
    return (rank, most, working[(working.count - 1) / 2])
  }
}
