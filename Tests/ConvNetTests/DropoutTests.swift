import Random
import Testing

@testable import ConvNet

/// Dropout masks: functions of (seed, layer, global sample) alone.
@Suite struct DropoutTests {
  private static let shape = Shape(channels: 10_001)

  /// The outputs of a net of two dropout layers' first, for pictures of ones.
  private func run(
    _ probability: Float, seed: UInt64, samples: [Int], purpose: Purpose = .training, backend: BackendChoice, layers: Int = 1,
    workers: Int = 2
  ) throws -> Tensor {
    let relus = Array(repeating: AnyLayer.relu(ReLU()), count: layers - 1)
    let network = try Network(Self.shape, relus + [.dropout(Dropout(probability: probability))])
    let plan = try Plan(
      try ParameterStore(network), batch: samples.count, purpose: purpose, backend: backend, team: ThreadTeam(workers: workers))
    let images = try Tensor(count: samples.count, shape: Self.shape)
    images.storage.fill(with: 1)
    let output = plan.forward(images, dropout: DropoutStream(seed: seed, samples: samples))
    return try Tensor(count: samples.count, shape: Self.shape, values: output.array)
  }

  @Test("The kept fraction is 1 − p, and kept units are scaled by 1 / (1 − p)", arguments: [0.5, 0.1, 0.9] as [Float], backends)
  func fraction(probability: Float, backend: BackendChoice) throws {
    let output = try run(probability, seed: 3, samples: [0, 1, 2, 1 << 40], backend: backend).array
    let kept = Double(output.count { $0 != 0 })
    let mean = Double(output.count) * Double(1 - probability)
    // Four standard deviations of a binomial count.
    #expect(abs(kept - mean) <= 4 * (mean * Double(probability)).squareRoot(), "seed 3")
    #expect(output.allSatisfy { $0 == 0 || $0 == 1 / (1 - probability) })
  }

  @Test("A picture has its mask wherever it stands in the batch, and on any team", arguments: backends)
  func place(backend: BackendChoice) throws {
    let batch = try run(0.5, seed: 4, samples: [70, 71, 72], backend: backend)
    let other = try run(0.5, seed: 4, samples: [72, 9, 70, 8, 71], backend: backend, workers: 3)
    for (a, b) in [(0, 2), (1, 4), (2, 0)] { #expect(Array(batch[a]) == Array(other[b]), "pictures \(a) and \(b)") }
  }

  @Test("Seeds, samples and layers have masks of their own", arguments: backends)
  func independence(backend: BackendChoice) throws {
    let masks = [
      try run(0.5, seed: 5, samples: [1], backend: backend), try run(0.5, seed: 6, samples: [1], backend: backend),
      try run(0.5, seed: 5, samples: [2], backend: backend), try run(0.5, seed: 5, samples: [1 + 1 << 32], backend: backend),
      try run(0.5, seed: 5 + 1 << 32, samples: [1], backend: backend),
      try run(0.5, seed: 5, samples: [1], backend: backend, layers: 2),
    ].map(\.array)
    for i in masks.indices {
      for j in 0..<i {
        let equal = zip(masks[i], masks[j]).count { $0 == $1 }
        // Independent masks agree in half of the units: within five standard deviations, for 15 pairs.
        #expect(abs(Double(equal) - 5000) <= 5 * 50, "masks \(i) and \(j)")
      }
    }
  }

  @Test("The mask is made of CounterRandom's words: kept from p·2³² on", arguments: [0.5, 0.3] as [Float], backends)
  func words(probability: Float, backend: BackendChoice) throws {
    for (seed, layers, sample) in [(9, 1, 5), (0x1234_5678_9ABC_DEF0, 3, 1 << 35 + 7)] as [(UInt64, Int, Int)] {
      let output = try run(probability, seed: seed, samples: [sample], backend: backend, layers: layers).array
      var random = CounterRandom(seed: seed, purpose: .dropout, epoch: layers - 1, sample: sample)
      let bound = UInt64(Double(probability) * 0x1p32)
      #expect(output.map { $0 != 0 } == output.map { _ in UInt64(random.next32()) >= bound }, "seed \(seed), sample \(sample)")
    }
  }

  @Test("The backward pass goes through the same mask", arguments: backends)
  func backward(backend: BackendChoice) throws {
    // With weights, biases and images of 1 every unit is 2 before the dropout, and 2·mask / (1 − p) after; the signal from
    // above is 1, so a bias's gradient is Σ mask / (1 − p).
    let network = try Network(
      Shape(channels: 1),
      [
        .fullyConnected(FullyConnected(outputs: 500)), .relu(ReLU()), .dropout(Dropout()),
        .fullyConnected(FullyConnected(outputs: 1)),
      ])
    let store = try ParameterStore(network)
    store.values.fill(with: 1)
    let plan = try Plan(store, batch: 2, purpose: .training, backend: backend)
    let images = try Tensor(count: 2, shape: network.input, values: [1, 1])
    for dropout in [DropoutStream(seed: 8, samples: [3, 4]), nil, DropoutStream(seed: 8, samples: [5, 6])] {
      _ = plan.forward(images, dropout: dropout)
      let dropped = try plan.activation(of: "layer2")
      let expected = (0..<500).map { unit in (0..<2).reduce(0) { $0 + dropped[$1][unit] / 2 } }
      plan.backward(from: try Tensor(count: 2, shape: Shape(channels: 1), values: [1, 1]))
      #expect(store.gradient(store.parameter("layer0", .biases)!) == (dropout == nil ? expected.map { _ in 2 } : expected))
    }
  }

  @Test("Nothing is dropped outside of training", arguments: [Purpose.inference, .inputGradient], backends)
  func inference(purpose: Purpose, backend: BackendChoice) throws {
    #expect(try run(0.5, seed: 1, samples: [0], purpose: purpose, backend: backend).array.allSatisfy { $0 == 1 })
  }
}
