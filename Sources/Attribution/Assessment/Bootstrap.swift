import Random

/// The 95 % interval of a mean over pictures: percentiles of the means of 2,000 samples, drawn from the pictures with replacement.
///
/// For a comparison, give the differences of the same pictures, so that it is paired. Source: Efron and Tibshirani 1993, *An introduction
/// to the bootstrap*, §13.3.
package struct Bootstrap {
  private static let samples = 2000
  private let count: Int
  /// The pictures of all samples, `[samples, count]`.
  private let drawn: [Int32]

  /// - Parameter count: the number of pictures; the samples depend only on this and the seed.
  package init(count: Int, seed: UInt64) {
    self.count = count
    drawn = (0..<Self.samples).flatMap { sample in
      var random = CounterRandom(seed: seed, purpose: .visualization, epoch: sample, sample: -1)
      return (0..<count).map { _ in Int32(random.index(below: count)) }
    }
  }

  /// - Parameter values: one value per picture, at least one.
  package func interval(of values: [Double]) -> ClosedRange<Double> {
    precondition(values.count == count && count > 0, "\(values.count) values for \(count) pictures")
    let means = (0..<Self.samples).map { sample in
      var sum = 0.0
      for i in (sample * count)..<((sample + 1) * count) { sum += values[Int(drawn[i])] }
      return sum / Double(count)
    }.sorted()
    let cut = Self.samples / 40
    return means[cut]...means[Self.samples - 1 - cut]
  }
}
