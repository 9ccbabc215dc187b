import Testing

@testable import ConvNet

let hasOneDNN = BackendChoice.oneDNNObstacle == nil
let noOneDNN: Comment = "oneDNN is not there: OpenBLAS alone is tested"
/// Those that oneDNN has on this processor.
let oneDNNPrecisions = Precision.allCases.filter { BackendChoice.onednn.obstacle(to: $0) == nil }
let hasBFloat16 = oneDNNPrecisions.contains(.bfloat16)
let noBFloat16: Comment = "oneDNN or this processor has no bfloat16"

/// Float32 sums in another order are off by some 1e-7 a layer, and a ReLU at its kink or a pooling tie may turn: 1e-5.
/// Winograd's transforms multiply rounding by up to 10: 1e-4.
let oneDNNAlgorithms: [(ConvolutionAlgorithm, tolerance: Double)] = [(.direct, 1e-5), (.winograd, 1e-4), (.auto, 1e-4)]

/// What one plan gave for one batch.
struct Outcome {
  var scores: [Float] = []
  var gradients: [(name: String, values: [Float])] = []

  /// One forward and backward pass, of `pictures` out of a plan's `batch`.
  static func of(
    _ network: Network, _ purpose: Purpose, _ backend: BackendChoice, _ precision: Precision = .float32,
    _ convolution: ConvolutionAlgorithm = .direct, pictures: Int = 3, batch: Int = 3, workers: Int = 2,
    rule: ReLURule = .gradient, from layer: String? = nil, scale: Float = 50, seed: UInt64 = 77
  ) throws -> Outcome {
    let store = try ParameterStore(network, seed: seed)
    let plan = try Plan(
      store, batch: batch, purpose: purpose, backend: backend, precision: precision, convolution: convolution,
      team: ThreadTeam(workers: workers))
    // A first call with a full batch leaves values that must not shine through.
    if pictures < batch {
      let noise = try Tensor(count: batch, shape: network.input, seed: seed, sample: 9, scale: scale)
      _ = plan.forward(noise)
      if purpose != .inference {
        plan.backward(from: try Tensor(count: batch, shape: network.shapes[network.layers.count], seed: seed, sample: 8))
      }
    }
    let images = try Tensor(count: pictures, shape: network.input, seed: seed, sample: 1, scale: scale)
    let samples = (0..<pictures).map { 1000 + $0 }
    var outcome = Outcome(
      scores: plan.forward(images, dropout: DropoutStream(seed: 4, samples: samples)).array)
    guard purpose != .inference else { return outcome }
    let index = try layer.map { try network.index(of: $0) } ?? network.layers.count - 1
    let signal = try Tensor(count: pictures, shape: network.shapes[index + 1], seed: seed, sample: 2)
    try plan.backward(from: network.layers[index].name, gradient: signal, rule: rule)
    if purpose.givesInputGradient { outcome.gradients.append(("input", plan.inputGradient.array)) }
    if purpose.trains { outcome.gradients += store.parameters.map { ($0.name, store.gradient($0)) } }
    return outcome
  }

  /// Relative L2, of the scores and of each gradient.
  func differences(from expected: Outcome) -> [(name: String, distance: Double)] {
    [("scores", relativeDistance(scores, expected.scores))]
      + zip(gradients, expected.gradients).map { ($0.name, relativeDistance($0.values, $1.values)) }
  }

  func compare(with expected: Outcome, scores: Double, gradients: Double, _ label: String) {
    for (name, distance) in differences(from: expected) {
      #expect(distance <= (name == "scores" ? scores : gradients), "\(label): \(name)")
    }
    #expect(self.gradients.count == expected.gradients.count)
  }
}
