import ConvNet
import Testing

@testable import Visualize

@Suite struct RegulariserTests {
  private let shape = Shape(channels: 2, height: 5, width: 7)

  private func picture() -> Tensor {
    let tensor = Tensor(count: 1, shape: shape)
    for i in 0..<shape.count { tensor[0][i] = Float(i) }
    return tensor
  }

  @Test(
    "A roll moves each pixel, around the edge, and its inverse brings it back",
    arguments: [(0, 0), (2, 1), (-3, -4), (9, -11)])
  func roll(right: Int, down: Int) {
    let (source, moved, back) = (picture(), Tensor(count: 1, shape: shape), Tensor(count: 1, shape: shape))
    let roll = Roll(right: right, down: down)
    roll.apply(source[0], to: moved[0], shape: shape)
    let (before, after) = (values(source), values(moved))
    for c in 0..<2 {
      for y in 0..<5 {
        for x in 0..<7 {
          let (newX, newY) = (((x + right) % 7 + 7) % 7, ((y + down) % 5 + 5) % 5)
          #expect(after[c * 35 + newY * 7 + newX] == before[c * 35 + y * 7 + x])
        }
      }
    }
    roll.inverse.apply(moved[0], to: back[0], shape: shape)
    #expect(values(back) == values(source))
  }

  @Test("Jitter stays within its limit, reaches it, and depends on seed, iteration and class")
  func jitter() {
    let rolls = (0..<2000).map { Roll(jitter: 4, seed: 3, iteration: $0, classIndex: 5) }
    #expect(Set(rolls.map(\.right)) == Set(-4...4))
    #expect(Set(rolls.map(\.down)) == Set(-4...4))
    func first(_ seed: UInt64, _ classIndex: Int) -> [Roll] {
      (0..<20).map { Roll(jitter: 4, seed: seed, iteration: $0, classIndex: classIndex) }
    }
    #expect(first(3, 5) == Array(rolls.prefix(20)))
    #expect(first(4, 5) != Array(rolls.prefix(20)))
    #expect(first(3, 6) != Array(rolls.prefix(20)))
    #expect(Roll(jitter: 0, seed: 3, iteration: 1, classIndex: 5) == Roll(right: 0, down: 0))
  }

  @Test("A blur keeps a flat picture flat", arguments: [Float(0.3), 0.6, 1.5, 4])
  func flatBlur(sigma: Float) {
    let (flat, scratch) = (Tensor(count: 1, shape: shape), Tensor(count: 1, shape: shape))
    flat.storage.fill(with: 7)
    GaussianBlur(sigma: sigma).apply(to: flat[0], scratch: scratch[0], shape: shape)
    for value in values(flat) { #expect(abs(value - 7) < 1e-5) }
  }

  @Test("A blurred point is the Gaussian, in its own channel alone")
  func point() {
    let shape = Shape(channels: 2, height: 21, width: 21)
    let (tensor, scratch) = (Tensor(count: 1, shape: shape), Tensor(count: 1, shape: shape))
    tensor[0][441 + 10 * 21 + 10] = 1
    GaussianBlur(sigma: 1.5).apply(to: tensor[0], scratch: scratch[0], shape: shape)
    let blurred = values(tensor)
    #expect(blurred.prefix(441).allSatisfy { $0 == 0 })
    var (sum, variance): (Float, Float) = (0, 0)
    for y in 0..<21 {
      for x in 0..<21 {
        let value = blurred[441 + y * 21 + x]
        sum += value
        variance += value * Float((x - 10) * (x - 10))
      }
    }
    #expect(abs(sum - 1) < 1e-5)
    // Cut at 3.3σ and sampled, the Gaussian loses about 1 % of its variance.
    #expect(abs(variance - 2.25) < 0.05)
  }

  @Test("A blur of almost nothing changes nothing") func identityBlur() {
    let (tensor, scratch) = (picture(), Tensor(count: 1, shape: shape))
    GaussianBlur(sigma: 0.04).apply(to: tensor[0], scratch: scratch[0], shape: shape)
    #expect(values(tensor) == values(picture()))
  }

  @Test("Decay shrinks by its rate, and clipping keeps mean + I within 0 … 255") func decayAndClip() {
    let tensor = Tensor(count: 1, shape: Shape(channels: 1, height: 1, width: 4))
    for (i, value) in [Float(100), -100, 400, -400].enumerated() { tensor[0][i] = value }
    decay(tensor[0], rate: 0.25)
    #expect(values(tensor) == [75, -75, 300, -300])
    clip(tensor[0], mean: [100, 50, 120, 120])
    #expect(values(tensor) == [75, -50, 135, -120])
  }
}
