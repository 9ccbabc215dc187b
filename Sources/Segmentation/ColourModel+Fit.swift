import Foundation
import Random

extension ColourModel {
  /// **[ours]** If there are more colours than `largestSample`, an evenly spaced sample is used. Each component needs at least
  /// `fewestPerComponent` colours.
  static let largestSample = 1 << 12
  static let fewestPerComponent = 8

  /// Fits a mixture to colours: k-means from centres drawn with a chance that grows with the square of the distance (Arthur &
  /// Vassilvitskii 2007), then expectation-maximisation. The result depends only on the colours, their order and the seed.
  ///
  /// - Parameter limit: the most components; there are fewer if colours are few or equal.
  /// - Returns: nil if there are no colours.
  init?(fitting colours: [SIMD3<Float>], components limit: Int = 5, seed: UInt64 = 0, iterations: Int = 10) {
    guard !colours.isEmpty else { return nil }
    var sample = colours
    if colours.count > Self.largestSample {
      sample = (0..<Self.largestSample).map { colours[$0 * colours.count / Self.largestSample] }
    }
    let most = max(1, min(limit, sample.count / Self.fewestPerComponent))
    var centres = Self.startingCentres(sample, most, seed)
    var nearest = [Int](repeating: 0, count: sample.count)
    for _ in 0..<iterations {
      let old = nearest
      for (index, colour) in sample.enumerated() { nearest[index] = Self.nearest(colour, centres).index }
      if old == nearest { break }
      centres = Self.means(sample, nearest, centres)
    }
    let parts = centres.indices.map { part in nearest.map { $0 == part ? Float(1) : 0 } }
    self.init(Self.components(sample, parts))

    var last = -Double.infinity
    for _ in 0..<iterations {
      let (parts, likelihood) = responsibilities(sample)
      guard likelihood > last + 1e-3 * Double(sample.count) else { break }
      last = likelihood
      self.init(Self.components(sample, parts))
    }
  }

  private static func nearest(_ colour: SIMD3<Float>, _ centres: [SIMD3<Float>]) -> (index: Int, square: Float) {
    var best: (index: Int, square: Float) = (0, .infinity)
    for (index, centre) in centres.enumerated() {
      let square = ((colour - centre) * (colour - centre)).sum()
      if square < best.square { best = (index, square) }
    }
    return best
  }

  /// Draws the first centre at random, and each further one with a chance that grows with the square of its distance from those
  /// before it.
  private static func startingCentres(_ colours: [SIMD3<Float>], _ most: Int, _ seed: UInt64) -> [SIMD3<Float>] {
    var random = CounterRandom(seed: seed, purpose: .visualization)
    var centres = [colours[random.index(below: colours.count)]]
    while centres.count < most {
      let squares = colours.map { Double(nearest($0, centres).square) }
      let total = squares.reduce(0, +)
      guard total > 0 else { break }
      var left = Double(random.uniform()) * total
      var chosen = squares.lastIndex { $0 > 0 } ?? 0
      for (index, square) in squares.enumerated() {
        left -= square
        if left < 0 {
          chosen = index
          break
        }
      }
      centres.append(colours[chosen])
    }
    return centres
  }

  private static func means(_ colours: [SIMD3<Float>], _ nearest: [Int], _ old: [SIMD3<Float>]) -> [SIMD3<Float>] {
    var sums = old.map { _ in SIMD4<Double>() }
    for (colour, index) in zip(colours, nearest) { sums[index] += SIMD4(SIMD3<Double>(colour), 1) }
    return zip(sums, old).map { $0.w > 0 ? SIMD3<Float>(SIMD3($0.x, $0.y, $0.z) / $0.w) : $1 }
  }

  /// The maximisation step: computes the weight, mean and covariance of each component. Components without colours are left out.
  ///
  /// - Parameter parts: per component, the fraction of each colour that belongs to it.
  private static func components(_ colours: [SIMD3<Float>], _ parts: [[Float]]) -> [Component] {
    parts.compactMap { part in
      var count = 0.0
      var sum = SIMD3<Double>()
      for (colour, share) in zip(colours, part) {
        count += Double(share)
        sum += SIMD3<Double>(colour) * Double(share)
      }
      guard count >= 1e-3 else { return nil }
      let mean = sum / count
      var covariance = Covariance()
      for (colour, share) in zip(colours, part) where share > 0 {
        let d = SIMD3<Double>(colour) - mean
        let w = Double(share) / count
        covariance.xx += w * d.x * d.x
        covariance.xy += w * d.x * d.y
        covariance.xz += w * d.x * d.z
        covariance.yy += w * d.y * d.y
        covariance.yz += w * d.y * d.z
        covariance.zz += w * d.z * d.z
      }
      covariance.regularise()
      return Component(weight: Float(count / Double(colours.count)), mean: SIMD3<Float>(mean), covariance: covariance)
    }
  }

  /// The expectation step: computes the fraction of each colour that belongs to each component, and Σ log p.
  private func responsibilities(_ colours: [SIMD3<Float>]) -> (parts: [[Float]], likelihood: Double) {
    var parts = components.map { _ in [Float](repeating: 0, count: colours.count) }
    var likelihood = 0.0
    for (index, colour) in colours.enumerated() {
      let cost = cost(colour)
      likelihood -= Double(cost)
      for component in components.indices { parts[component][index] = exp(logDensity(component, colour) + cost) }
    }
    return (parts, likelihood)
  }
}
