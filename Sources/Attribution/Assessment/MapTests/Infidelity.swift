import ConvNet
import Random

/// How badly the map predicts the fall of the score when squares of the picture become the mean picture: E[(β IᵀΦ − Δ)²] / E[Δ²], with the
/// best factor β of the map. I is what the square takes away, and Δ the fall of S_c: 0 is best, and 1 is no better than a map of zeros.
///
/// 50 squares have a quarter of the picture's side, at random places. Source: Yeh et al. 2019, *On the (in)fidelity and sensitivity of
/// explanations*, definition 2.1 and proposition 2.2 (β). The division by E[Δ²] makes pictures comparable **[ours]**.
struct Infidelity: MapTest {
  static let samples = 50
  let name = "infidelity"
  let category = MapTestCategory.faithfulness
  let higherIsBetter = false
  let isCostly = true

  func score(of map: TestedMap) throws -> Double? {
    let shape = map.score.network.input
    let (height, width) = (max(1, shape.height / 4), max(1, shape.width / 4))
    var random = CounterRandom(
      seed: map.seed, purpose: .visualization, epoch: 1 << 20, sample: Int(bitPattern: UInt(map.stream)))
    let corners = (0..<Self.samples).map { _ in
      (random.index(below: shape.height - height + 1), random.index(below: shape.width - width + 1))
    }
    var products: [Double] = []
    let inputs =
      [map.image]
      + corners.map { top, left in
        var (image, product) = (map.image, 0.0)
        for i in (0..<height).flatMap({ row in (0..<width).map { (top + row) * shape.width + left + $0 } }) {
          for plane in stride(from: 0, to: shape.count, by: shape.area) {
            product += Double(image[plane + i]) * Double(map.map[i])
            image[plane + i] = 0
          }
        }
        products.append(product)
        return image
      }
    let scores = try map.score.rows(of: inputs).map { Double($0[map.classIndex]) }
    return Self.infidelity(products, scores.dropFirst().map { scores[0] - $0 })
  }

  static func infidelity(_ products: [Double], _ falls: [Double]) -> Double? {
    func sum(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    let (own, all) = (sum(products, products), sum(falls, falls))
    guard own > 0, all > 0 else { return nil }
    let factor = sum(products, falls) / own
    return zip(products, falls).reduce(0) { $0 + (factor * $1.0 - $1.1) * (factor * $1.0 - $1.1) } / all
  }
}

extension ScoreFunction {
  /// The scores of any number of inputs, `[K]` each.
  func rows(of inputs: [[Float]]) throws -> [[Float]] {
    let images = try Tensor(count: batch, shape: network.input)
    return stride(from: 0, to: inputs.count, by: batch).flatMap { start in
      let part = inputs[start..<min(start + batch, inputs.count)]
      for (slot, input) in part.enumerated() { _ = images[slot].update(fromContentsOf: input) }
      let scores = scores(of: images.prefix(part.count))
      return (0..<part.count).map { Array(scores[$0]) }
    }
  }
}
