import Random

/// The structural similarity of the map to that of another class, drawn at random: a map that explains the class differs.
///
/// Source: Sixt et al. 2020, *When explanations lie*, §3; Quantus' `RandomLogit`.
struct RandomLogit: MapTest {
  let name = "random_logit"
  let category = MapTestCategory.randomisation
  let higherIsBetter = false

  func score(of map: TestedMap) throws -> Double? {
    let classes = map.score.network.classCount
    guard let remake = map.remake, classes > 1 else { return nil }
    var random = CounterRandom(seed: map.seed, purpose: .visualization, epoch: 1 << 22, sample: Int(bitPattern: UInt(map.stream)))
    let other = (map.classIndex + 1 + random.index(below: classes - 1)) % classes
    let similarity = try MapSimilarity.structuralSimilarity(
      map.map, remake([map.image], other)[0], width: map.score.network.input.width)
    return similarity.isNaN ? nil : similarity
  }
}
