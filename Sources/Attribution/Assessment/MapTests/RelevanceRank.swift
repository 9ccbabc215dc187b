/// The part of the K greatest values that lies on the object, which has K pixels. Of equal values the first in row order count.
///
/// Source: Arras et al. 2022, *CLEVR-XAI*, §3.3 (relevance rank accuracy); Quantus' `RelevanceRankAccuracy`.
struct RelevanceRank: MapTest {
  let name = "relevance_rank"
  let category = MapTestCategory.localisation
  let higherIsBetter = true

  func score(of map: TestedMap) -> Double? {
    let count = map.object.count { $0 }
    guard count > 0 else { return nil }
    let order = map.map.pixelsFromGreatest
    return Double(order.prefix(count).count { map.object[$0] }) / Double(count)
  }
}

extension [Float] {
  /// The indices, those of the greatest values first; equal ones in row order, NaN last.
  var pixelsFromGreatest: [Int] {
    indices.sorted { (self[$0].isNaN ? -.infinity : self[$0], $1) > (self[$1].isNaN ? -.infinity : self[$1], $0) }
  }
}
