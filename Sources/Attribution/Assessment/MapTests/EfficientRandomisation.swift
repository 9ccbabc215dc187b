import Foundation

/// The rise of a map's complexity when all weights are random, (H_random − H) / H, with H the entropy of the histogram of 100 equal bins.
/// It doesn't compare the values of the two maps, so their scale and noise don't decide. Nil if the picture has no random map.
///
/// Source: Hedström et al. 2024, *Sanity checks revisited*, §4.2 (eMPRT); Quantus' `EfficientMPRT`.
struct EfficientRandomisation: MapTest {
  let name = "efficient_randomisation"
  let category = MapTestCategory.randomisation
  let higherIsBetter = true

  func score(of map: TestedMap) -> Double? {
    let entropy = Self.entropy(map.map)
    guard let random = map.randomised, entropy > 0 else { return nil }
    return (Self.entropy(random) - entropy) / entropy
  }

  /// The entropy of the histogram over the map's range, in nats; 0 for a constant map.
  static func entropy(_ map: [Float]) -> Double {
    guard let low = map.min().map(Double.init), let high = map.max().map(Double.init), high > low else { return 0 }
    var counts = [Int](repeating: 0, count: 100)
    for value in map { counts[min(Int((Double(value) - low) / (high - low) * 100), 99)] += 1 }
    return counts.reduce(0) { sum, count in
      let part = Double(count) / Double(map.count)
      return part > 0 ? sum - part * log(part) : sum
    }
  }
}
