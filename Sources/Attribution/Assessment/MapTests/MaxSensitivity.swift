import Random

/// The greatest change |Φ(I + δ) − Φ(I)| / |Φ(I)| of the map over 10 random δ, uniform within ±2 % of the picture's range of values.
///
/// Source: Yeh et al. 2019, *On the (in)fidelity and sensitivity of explanations*, definition 3.1, with Captum's norm; Quantus'
/// `MaxSensitivity`.
struct MaxSensitivity: MapTest {
  static let samples = 10
  static let radius: Float = 0.02
  let name = "max_sensitivity"
  let category = MapTestCategory.robustness
  let higherIsBetter = false
  let isCostly = true

  func score(of map: TestedMap) throws -> Double? {
    guard let remake = map.remake else { return nil }
    let reach = Self.radius * ((map.image.max() ?? 0) - (map.image.min() ?? 0))
    let inputs = (0..<Self.samples).map { sample in
      var random = CounterRandom(
        seed: map.seed, purpose: .visualization, epoch: 1 << 21 | sample, sample: Int(bitPattern: UInt(map.stream)))
      return map.image.map { $0 + random.uniform(in: -reach...reach) }
    }
    return try Self.sensitivity(map.map, remake(inputs, map.classIndex))
  }

  /// The greatest distance of the others from a map, as a part of its norm; nil if that is 0.
  static func sensitivity(_ map: [Float], _ others: [[Float]]) -> Double? {
    func norm(_ values: [Float]) -> Double { values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot() }
    let own = norm(map)
    return own > 0 ? others.map { norm(zip($0, map).map { $0 - $1 }) / own }.max() : nil
  }
}
