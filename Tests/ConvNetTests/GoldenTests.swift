import Foundation
import TestSupport
import Testing

@testable import ConvNet

/// What PyTorch computes in float64 on the formula's weights and pictures: see Golden/recipe.py.
private struct Golden: Decodable {
  struct Numbers: Decodable {
    /// `values` are every `step`-th of all; `norm` is of all.
    let step: Int
    let norm: Double
    let values: [Double]
  }
  struct Chain: Decodable {
    let `class`: Int
    let salt: UInt32
    let scores: Numbers
    let inputGradient: Numbers
    let labels: [Int32]?
    let loss: Double?
    let gradients: [Numbers]?
  }
  struct Layer: Decodable {
    let shape: [Int]
    let output: Numbers
    let gradient: Numbers
    let size: Int?
    let window: Int?
    let stride: Int?
  }
  let narrow: Chain
  let full: Chain
  let normalization: [Layer]
  let pooling: [Layer]

  static let values: Golden? = Bundle.module.url(forResource: "Golden/golden", withExtension: "json")
    .flatMap { try? JSONDecoder().decode(Golden.self, from: Data(contentsOf: $0)) }
}

@Suite struct GoldenTests {
  private func expectEqual(_ found: [Float], _ expected: Golden.Numbers, within tolerance: Double, _ what: String) {
    let sampled = stride(from: 0, to: found.count, by: expected.step).map { found[$0] }
    let distance = relativeDistance(sampled, expected.values)
    #expect(distance <= tolerance, "\(what): relative distance of the samples")
    let norm = found.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    #expect(abs(norm / expected.norm - 1) <= tolerance, "\(what): norm \(norm), PyTorch's \(expected.norm)")
  }

  private func scoresAndInputGradient(
    _ store: ParameterStore, _ golden: Golden.Chain, pictures: Int, backend: BackendChoice, tolerance: Double
  ) throws {
    let network = store.network
    let plan = try Plan(store, batch: pictures, purpose: .inputGradient, backend: backend)
    let scores = try plan.forward(Formula.tensor(count: pictures, shape: network.input, salt: golden.salt, scale: 255))
    expectEqual(scores.array, golden.scores, within: tolerance, "scores")
    let signal = try Tensor(count: pictures, shape: scores.shape)
    for n in 0..<pictures { signal[n][golden.class] = 1 }
    plan.backward(from: signal)
    expectEqual(plan.inputGradient.array, golden.inputGradient, within: tolerance, "gradient of class \(golden.class)")
  }

  private func narrow() throws -> Network {
    try Network(
      chain: "narrow", crop: 224, first: Convolution(filters: 8, kernel: 11, stride: 4), filters: 12, units: 24, classes: 10)
  }

  /// Float32 loses about 1e-7 a layer and √n; 1e-5 leaves room for that. A wrong gate or switch moves a gradient by more
  /// than 1e-3.
  @Test("A narrow CNN-F gives PyTorch's scores and input gradient", arguments: backends)
  func narrowInputGradient(backend: BackendChoice) throws {
    let golden = try #require(Golden.values)
    let store = try Formula.store(try narrow(), training: false)
    try scoresAndInputGradient(store, golden.narrow, pictures: 3, backend: backend, tolerance: 1e-5)
  }

  @Test("A narrow CNN-F gives PyTorch's loss and parameter gradients", arguments: backends)
  func narrowParameterGradients(backend: BackendChoice) throws {
    let golden = try #require(Golden.values).narrow
    let (labels, loss, gradients) = try (
      #require(golden.labels), #require(golden.loss), #require(golden.gradients)
    )
    let network = try narrow()
    let store = try Formula.store(network, training: true)
    let plan = try Plan(store, batch: 3, purpose: .training, backend: backend)
    let scores = try plan.forward(Formula.tensor(count: 3, shape: network.input, salt: golden.salt, scale: 255))
    let signal = try Tensor(count: 3, shape: scores.shape)
    let found = labels.withUnsafeBufferPointer { softmaxCrossEntropy(scores, labels: $0, divisor: 3, gradient: signal) }
    #expect(abs(found / loss - 1) <= 1e-5)
    plan.backward(from: signal)
    #expect(store.parameters.count == gradients.count)
    for (parameter, expected) in zip(store.parameters, gradients) {
      expectEqual(store.gradient(parameter), expected, within: 1e-5, parameter.name)
    }
  }

  /// Sums of up to 9216 terms, eight deep: 1e-6 is usual. The picture has no ReLU and no maximum within rounding of a tie.
  @Test("CNN-F at full width gives PyTorch's scores and input gradient", arguments: backends)
  func full(backend: BackendChoice) throws {
    let golden = try #require(Golden.values)
    let store = try Formula.store(try Preset.cnnF.network(classes: 1000), training: false)
    try scoresAndInputGradient(store, golden.full, pictures: 1, backend: backend, tolerance: 2e-4)
  }

  private func layer(_ golden: Golden.Layer, _ layer: AnyLayer, backend: BackendChoice, tolerance: Double) throws {
    let shape = Shape(channels: golden.shape[1], height: golden.shape[2], width: golden.shape[3])
    let network = try Network(shape, [layer])
    let plan = try Plan(
      try ParameterStore(network, training: false), batch: golden.shape[0], purpose: .inputGradient, backend: backend)
    let output = try plan.forward(Formula.tensor(count: golden.shape[0], shape: shape, salt: 2000, scale: 255))
    expectEqual(output.array, golden.output, within: tolerance, "\(layer) on \(shape)")
    try plan.backward(from: Formula.tensor(count: golden.shape[0], shape: output.shape, salt: 2001, scale: 2))
    expectEqual(plan.inputGradient.array, golden.gradient, within: tolerance, "gradient of \(layer) on \(shape)")
  }

  @Test("Normalisation with alpha 1e-4 a term is PyTorch's with alpha 5e-4 over 5", arguments: backends)
  func normalization(backend: BackendChoice) throws {
    for row in try #require(Golden.values).normalization {
      let own = LocalResponseNormalization(size: try #require(row.size))
      // A handful of float32 operations a value.
      try layer(row, .localResponseNormalization(own), backend: backend, tolerance: 1e-6)
    }
  }

  @Test("Pooling rounds sizes up as PyTorch's ceil_mode does", arguments: backends)
  func pooling(backend: BackendChoice) throws {
    for row in try #require(Golden.values).pooling {
      let own = MaxPooling(window: try #require(row.window), stride: try #require(row.stride))
      // Nine significant digits in the file, and float32 sums where windows overlap.
      try layer(row, .maxPooling(own), backend: backend, tolerance: 1e-6)
    }
  }
}
