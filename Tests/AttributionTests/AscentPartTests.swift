import ConvNet
import TestSupport
import Testing

@testable import Attribution

/// Parameterisations, transformations and optimisers of class models.
@Suite struct AscentPartTests {
  private let shape = Shape(channels: 3, height: 10, width: 12)

  private func product(_ a: Tensor, _ b: Tensor) -> Double {
    zip(values(a), values(b)).reduce(0) { $0 + Double($1.0) * Double($1.1) }
  }

  private func changed(_ tensor: Tensor, _ change: (UnsafeMutableBufferPointer<Float>) -> Void) throws -> Tensor {
    let copy = try Tensor(count: 1, shape: shape)
    for i in copy.values.indices { copy.values[i] = tensor.values[i] }
    change(copy[0])
    return copy
  }

  @Test("Of every parameterisation ⟨T·z, g⟩ = ⟨z, Tᵀ·g⟩", arguments: [1, 3], [Float(0), 0.2, 0.9])
  func adjoint(octaves: Int, progress: Float) throws {
    let fourier = FourierParameterisation(
      shape: shape, power: 1, colourAxes: ClassModelOptions.colourAxes, octaves: octaves, octaveScale: 1.5)
    let (z, g, scratch) = try (
      randomPictures(1, shape, seed: 1), randomPictures(1, shape, seed: 2), try Tensor(count: 1, shape: shape)
    )
    let rendered = try changed(z) { fourier.render($0, scratch: scratch[0], progress: progress) }
    let pulled = try changed(g) { fourier.pullBack($0, scratch: scratch[0], progress: progress) }
    let (a, b) = (product(rendered, g), product(z, pulled))
    #expect(abs(a - b) < 1e-4 * max(abs(a), 1))
    #expect(abs(a) > 1)
  }

  @Test("Unweighted waves in plain colours are the pixels: T·Tᵀ is the identity") func orthonormal() throws {
    let axes = [SIMD3<Float>(1, 0, 0), SIMD3(0, 1, 0), SIMD3(0, 0, 1)]
    let fourier = FourierParameterisation(shape: shape, power: 0, colourAxes: axes)
    let (g, scratch) = try (randomPictures(1, shape), try Tensor(count: 1, shape: shape))
    let same = try changed(g) {
      fourier.pullBack($0, scratch: scratch[0], progress: 0)
      fourier.render($0, scratch: scratch[0], progress: 0)
    }
    #expect(distance(values(same), values(g)) < 1e-4 * rms(values(g)))
  }

  @Test("Early octaves are smooth, the last one isn't") func octaves() throws {
    let fourier = FourierParameterisation(
      shape: shape, power: 0, colourAxes: ClassModelOptions.colourAxes, octaves: 3, octaveScale: 2)
    let (z, scratch) = try (randomPictures(1, shape), try Tensor(count: 1, shape: shape))
    func roughness(_ progress: Float) throws -> Float {
      let picture = try values(changed(z) { fourier.render($0, scratch: scratch[0], progress: progress) })
      var steps: [Float] = []
      for i in 0..<(picture.count - 1) where (i + 1) % 12 != 0 { steps.append(picture[i + 1] - picture[i]) }
      return rms(steps) / rms(picture)
    }
    #expect(try roughness(0) < 0.5 * roughness(0.5))
    #expect(try roughness(0.5) < 0.8 * roughness(0.99))
  }

  @Test(
    "A turned and zoomed picture's gradient goes back the same way: ⟨A·x, y⟩ = ⟨x, Aᵀ·y⟩",
    arguments: [SIMD2<Float>(0, 1), SIMD2(0.3, 1), SIMD2(-0.2, 1.3), SIMD2(3, 0.8)])
  func similarity(parameters: SIMD2<Float>) throws {
    let (angle, zoom) = (parameters.x, parameters.y)
    let similarity = Similarity(angle: angle, zoom: zoom)
    let (x, y) = try (randomPictures(1, shape, seed: 1), randomPictures(1, shape, seed: 2))
    let (forward, back) = (try Tensor(count: 1, shape: shape), try Tensor(count: 1, shape: shape))
    similarity.apply(x[0], to: forward[0], shape: shape)
    similarity.transpose(y[0], to: back[0], shape: shape)
    let (a, b) = (product(forward, y), product(x, back))
    #expect(abs(a - b) < 1e-4 * max(abs(a), 1))
    if angle == 0 { #expect(distance(values(forward), values(x)) < 1e-4) }
  }

  @Test("Zoom makes things larger: a dot twice as far from the centre") func zoom() throws {
    let x = try Tensor(count: 1, shape: Shape(channels: 1, height: 9, width: 9))
    let y = try Tensor(count: 1, shape: x.shape)
    x[0][4 * 9 + 5] = 1
    Similarity(angle: 0, zoom: 2).apply(x[0], to: y[0], shape: x.shape)
    #expect(abs(y[0][4 * 9 + 6] - 1) < 1e-5)
    #expect(abs(y[0][4 * 9 + 5] - 0.5) < 1e-5)
  }

  @Test("Transformations depend on seed, iteration and item, and on nothing else") func transformations() throws {
    let x = try randomPictures(1, shape)
    func result(_ seed: UInt64, _ iteration: Int, _ item: Int) throws -> [Float] {
      let (y, scratch) = (try Tensor(count: 1, shape: shape), try Tensor(count: 1, shape: shape))
      Transformation(jitter: 3, rotation: 10, zoom: 1.2, seed: seed, iteration: iteration, item: item)
        .apply(x[0], to: y[0], scratch: scratch[0], shape: shape)
      return values(y)
    }
    #expect(try result(1, 2, 3) == result(1, 2, 3))
    #expect(try result(1, 2, 3) != result(2, 2, 3))
    #expect(try result(1, 2, 3) != result(1, 3, 3))
    #expect(try result(1, 2, 3) != result(1, 2, 4))
  }

  @Test("Adam and momentum against their definitions, over three steps") func optimisers() throws {
    let gradients: [[Float]] = [[3, -4, 0.5, 1], [1, 2, -0.5, 1], [-2, 1, 0.1, 4]]
    for optimiser in [Optimiser.adam, .momentum] {
      var state = OptimiserState(optimiser, count: 4)
      var (m, v) = ([Double](repeating: 0, count: 4), [Double](repeating: 0, count: 4))
      for (t, gradient) in gradients.enumerated() {
        let tensor = try Tensor(count: 1, shape: Shape(channels: 4))
        for i in 0..<4 { tensor[0][i] = gradient[i] }
        state.direct(tensor[0])
        let size = (gradient.reduce(0.0) { $0 + Double($1 * $1) } / 4).squareRoot()
        for i in 0..<4 {
          let g = Double(gradient[i]) / size
          let expected: Double
          if optimiser == .adam {
            (m[i], v[i]) = (0.9 * m[i] + 0.1 * g, 0.999 * v[i] + 0.001 * g * g)
            let (a, b) = (1 - pow(0.9, t + 1), 1 - pow(0.999, t + 1))
            expected = m[i] / a / ((v[i] / b).squareRoot() + 1e-4)
          } else {
            m[i] = 0.9 * m[i] + g
            expected = m[i]
          }
          #expect(abs(Double(tensor[0][i]) - expected) < 1e-3 * max(1, abs(expected)))
        }
      }
    }
  }

  private func pow(_ base: Double, _ exponent: Int) -> Double { (0..<exponent).reduce(1) { product, _ in product * base } }
}
