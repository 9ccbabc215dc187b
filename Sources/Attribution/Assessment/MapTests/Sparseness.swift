/// The Gini index of |map|: 0 if all pixels are equal, 1 if one has everything. Nil for a map of zeros.
///
/// With a₁ ≤ … ≤ a_n, each |value| / greatest + 10⁻⁷: Σ (2i − n − 1) a_i / (n Σ a_i).
/// Source: Chalasani et al. 2020, *Concise explanations of neural networks using adversarial training*, §5; Quantus' `Sparseness`.
struct Sparseness: MapTest {
  let name = "sparseness"
  let category = MapTestCategory.complexity
  let higherIsBetter = true

  func score(of map: TestedMap) -> Double? {
    let values = map.map.map { Double(abs($0)) }.sorted()
    guard let greatest = values.last, greatest > 0 else { return nil }
    let count = Double(values.count)
    let (weighted, sum) = values.enumerated().reduce((0.0, 0.0)) { sums, next in
      let value = next.element / greatest + 1e-7
      return (sums.0 + (2 * Double(next.offset + 1) - count - 1) * value, sums.1 + value)
    }
    return weighted / (count * sum)
  }
}
