import ConvNet
import Random

/// How often the class is still the strongest when 10, 30, 50, 70 and 90 % of the pixels, the greatest values first, are removed and
/// imputed from those around them.
///
/// Each removed pixel becomes the weighted mean of its neighbours (1/6 beside, 1/12 across a corner, those within the picture), all of them
/// together a linear system, plus noise of 0.6 grey levels. So the shape of what was removed doesn't show, as it does in deletion.
/// Source: Rong et al. 2022, *A consistent and efficient evaluation strategy for attribution methods*, §5 (ROAD, most relevant first);
/// Quantus' `ROAD`.
struct RemoveAndDebias: MapTest {
  static let parts = [0.1, 0.3, 0.5, 0.7, 0.9]
  static let noise: Float = 0.6
  let name = "road"
  let category = MapTestCategory.faithfulness
  let higherIsBetter = false
  let isCostly = true

  func score(of map: TestedMap) throws -> Double? {
    let shape = map.score.network.input
    let order = map.map.pixelsFromGreatest
    var random = CounterRandom(
      seed: map.seed, purpose: .visualization, epoch: 1 << 20 | 1, sample: Int(bitPattern: UInt(map.stream)))
    let inputs = Self.parts.map { part in
      let removed = Array(order.prefix(Int(part * Double(order.count))))
      var image = Self.imputed(map.image, removed, shape)
      for i in removed {
        for plane in stride(from: 0, to: shape.count, by: shape.area) { image[plane + i] += Self.noise * random.normal() }
      }
      return image
    }
    let scores = try map.score.rows(of: inputs)
    let kept = scores.count { row in row.allSatisfy { $0 <= row[map.classIndex] } }
    return Double(kept) / Double(scores.count)
  }

  /// The picture with the removed pixels imputed, by conjugate gradients to 10⁻⁵ of the first residual.
  static func imputed(_ image: [Float], _ removed: [Int], _ shape: Shape) -> [Float] {
    let neighbours = Neighbours(removed, shape)
    var result = image
    for plane in stride(from: 0, to: shape.count, by: shape.area) {
      for (place, value) in zip(removed, neighbours.solve(Array(image[plane..<(plane + shape.area)]))) {
        result[plane + place] = value
      }
    }
    return result
  }
}

/// The equations of the removed pixels x: (Σ w) x_i − Σ w x_j over removed neighbours j = Σ w p_j over the others.
private struct Neighbours {
  private static let offsets: [(y: Int, x: Int, weight: Float)] = [
    (-1, -1, 1 / 12), (-1, 0, 1 / 6), (-1, 1, 1 / 12), (0, -1, 1 / 6), (0, 1, 1 / 6), (1, -1, 1 / 12), (1, 0, 1 / 6),
    (1, 1, 1 / 12),
  ]
  private let removed: [Int]
  /// Per removed pixel: its neighbours among the removed ones (their numbers) and the others (their places), and the sum of weights.
  private var unknown: [[(number: Int, weight: Float)]] = []
  private var known: [[(place: Int, weight: Float)]] = []
  private var sums: [Float] = []

  init(_ removed: [Int], _ shape: Shape) {
    self.removed = removed
    var numbers = [Int?](repeating: nil, count: shape.area)
    for (number, place) in removed.enumerated() { numbers[place] = number }
    for place in removed {
      let (y, x) = (place / shape.width, place % shape.width)
      let around = Self.offsets.filter { (0..<shape.height).contains(y + $0.y) && (0..<shape.width).contains(x + $0.x) }
        .map { (place: (y + $0.y) * shape.width + x + $0.x, weight: $0.weight) }
      unknown.append(around.compactMap { near in numbers[near.place].map { ($0, near.weight) } })
      known.append(around.filter { numbers[$0.place] == nil })
      sums.append(around.reduce(0) { $0 + $1.weight })
    }
  }

  private func times(_ x: [Float]) -> [Float] {
    x.indices.map { i in unknown[i].reduce(sums[i] * x[i]) { $0 - $1.weight * x[$1.number] } }
  }

  /// The values of the removed pixels of a plane.
  func solve(_ plane: [Float]) -> [Float] {
    func dot(_ a: [Float], _ b: [Float]) -> Double { zip(a, b).reduce(0.0) { $0 + Double($1.0) * Double($1.1) } }
    var x = removed.map { plane[$0] }
    let right = known.map { $0.reduce(Float(0)) { $0 + $1.weight * plane[$1.place] } }
    var residual = zip(right, times(x)).map { $0 - $1 }
    var direction = residual
    var square = dot(residual, residual)
    let goal = square * 1e-10
    for _ in 0..<1000 where square > goal {
      let image = times(direction)
      let step = Float(square / dot(direction, image))
      for i in x.indices {
        x[i] += step * direction[i]
        residual[i] -= step * image[i]
      }
      let next = dot(residual, residual)
      for i in x.indices { direction[i] = residual[i] + Float(next / square) * direction[i] }
      square = next
    }
    return x
  }
}
