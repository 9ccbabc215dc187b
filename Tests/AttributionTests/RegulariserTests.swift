import ConvNet
import Images
import Random
import TestSupport
import Testing

@testable import Attribution

@Suite struct RegulariserTests {
  private let shape = Shape(channels: 2, height: 5, width: 7)

  private func picture() throws -> Tensor {
    let tensor = try Tensor(count: 1, shape: shape)
    for i in 0..<shape.count { tensor[0][i] = Float(i) }
    return tensor
  }

  @Test(
    "A roll moves each pixel, around the edge, and its inverse brings it back",
    arguments: [(0, 0), (2, 1), (-3, -4), (9, -11)])
  func roll(right: Int, down: Int) throws {
    let (source, moved, back) = try (picture(), try Tensor(count: 1, shape: shape), try Tensor(count: 1, shape: shape))
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

  @Test("Jitter stays within its limit, and reaches it")
  func jitter() {
    var random = CounterRandom(seed: 3, purpose: .visualization)
    let rolls = (0..<2000).map { _ in Roll(jitter: 4, &random) }
    #expect(Set(rolls.map(\.right)) == Set(-4...4))
    #expect(Set(rolls.map(\.down)) == Set(-4...4))
    #expect(Roll(jitter: 0, &random) == Roll(right: 0, down: 0))
  }

  @Test("A blur keeps a flat picture flat", arguments: [Float(0.3), 0.6, 1.5, 4])
  func flatBlur(sigma: Float) throws {
    let (flat, scratch) = (try Tensor(count: 1, shape: shape), try Tensor(count: 1, shape: shape))
    flat.storage.fill(with: 7)
    GaussianBlur(sigma: sigma).apply(to: flat[0], scratch: scratch[0], shape: shape)
    for value in values(flat) { #expect(abs(value - 7) < 1e-5) }
  }

  @Test("A blurred point is the Gaussian, in its own channel alone")
  func point() throws {
    let shape = Shape(channels: 2, height: 21, width: 21)
    let (tensor, scratch) = (try Tensor(count: 1, shape: shape), try Tensor(count: 1, shape: shape))
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

  @Test("A blur of almost nothing changes nothing") func identityBlur() throws {
    let (tensor, scratch) = try (picture(), try Tensor(count: 1, shape: shape))
    GaussianBlur(sigma: 0.04).apply(to: tensor[0], scratch: scratch[0], shape: shape)
    #expect(try values(tensor) == values(picture()))
  }

  @Test("Decay shrinks by its rate, and clipping keeps mean + I within 0 … 255") func decayAndClip() throws {
    let shape = Shape(channels: 1, height: 1, width: 4)
    let (tensor, scratch) = (try Tensor(count: 1, shape: shape), try Tensor(count: 1, shape: shape))
    for (i, value) in [Float(100), -100, 400, -400].enumerated() { tensor[0][i] = value }
    func restrain(_ regulariser: some Regulariser) {
      regulariser.restrain(tensor[0], scratch: scratch[0], shape: shape, iteration: 0, iterations: 1)
    }
    restrain(Decay(rate: 0.25))
    #expect(values(tensor) == [75, -75, 300, -300])
    restrain(Clipping(mean: [100, 50, 120, 120]))
    #expect(values(tensor) == [75, -50, 135, -120])
  }

  @Test("A blur comes every few steps, and the picture ends without one") func blurInterval() throws {
    let scratch = try Tensor(count: 1, shape: shape)
    let blurred = try (0..<12).filter { iteration in
      let tensor = try picture()
      let blur = Blurring(sigma: (1, 1), interval: 4)
      blur.restrain(tensor[0], scratch: scratch[0], shape: shape, iteration: iteration, iterations: 12)
      return try values(tensor) != values(picture())
    }
    #expect(blurred == [3, 7])
  }

  @Test("The gradients of the penalties are those of finite differences", arguments: [true, false])
  func penalties(isL2: Bool) throws {
    let tensor = try randomPictures(1, shape)
    let gradient = try Tensor(count: 1, shape: shape)
    let regulariser: any Regulariser = isL2 ? L2Penalty(weight: 0.3) : TotalVariation(weight: 0.3)
    regulariser.penalise(gradient[0], picture: tensor[0], shape: shape, unit: 2)
    func penalty() -> Double {
      let x = values(tensor).map(Double.init)
      if isL2 { return -0.6 * x.reduce(0) { $0 + $1 * $1 } }
      var sum = 0.0
      for c in 0..<2 {
        for y in 0..<4 {
          for i in (c * 35 + y * 7)..<(c * 35 + y * 7 + 6) {
            let (right, down) = (x[i + 1] - x[i], x[i + 7] - x[i])
            sum += (right * right + down * down + 1).squareRoot()
          }
        }
      }
      return -0.6 * sum
    }
    for i in stride(from: 0, to: shape.count, by: 3) {
      let old = tensor[0][i]
      tensor[0][i] = old + 0.5
      let above = penalty()
      tensor[0][i] = old - 0.5
      let below = penalty()
      tensor[0][i] = old
      #expect(abs(Float(above - below) - gradient[0][i]) < 1e-2 * max(1, abs(gradient[0][i])))
    }
  }
}
