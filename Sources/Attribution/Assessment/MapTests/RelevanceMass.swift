/// The part of the positive relevance that lies on the object; nil if there is none.
///
/// Source: Arras et al. 2022, *CLEVR-XAI*, §3.3 (relevance mass accuracy); Quantus' `RelevanceMassAccuracy`.
struct RelevanceMass: MapTest {
  let name = "relevance_mass"
  let category = MapTestCategory.localisation
  let higherIsBetter = true

  func score(of map: TestedMap) -> Double? {
    let (inside, whole) = zip(map.map, map.object).reduce((0.0, 0.0)) { sums, pixel in
      let value = Double(max(pixel.0, 0))
      return (pixel.1 ? sums.0 + value : sums.0, sums.1 + value)
    }
    return whole > 0 ? inside / whole : nil
  }
}
