/// The pointing game on the difficult pictures: those whose objects of the class cover less than a quarter, and which have objects of
/// another class.
///
/// Source: Zhang et al. 2016, *Top-down neural attention by excitation backprop*, §4.1; TorchRay's `PointingGame(difficult=True)`.
struct DifficultPointingGame: MapTest {
  let name = "pointing_difficult"
  let category = MapTestCategory.localisation
  let higherIsBetter = true

  func score(of map: TestedMap) -> Double? { map.isDifficult ? (map.hits ? 1 : 0) : nil }
}
