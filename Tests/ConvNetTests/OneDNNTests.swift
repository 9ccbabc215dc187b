import Foundation
import Testing

@testable import ConvNet

/// oneDNN beside OpenBLAS on whole nets, and on geometries that take special roads in one of them.
@Suite(.enabled(if: BackendChoice.oneDNNObstacle == nil, "oneDNN is not there: OpenBLAS alone is tested"))
struct OneDNNTests {
  /// What one plan gave for one batch.
  private struct Outcome {
    var scores: [Float] = []
    var gradients: [(name: String, values: [Float])] = []
  }

  /// One forward and backward pass, of `pictures` out of a plan's `batch`.
  private func run(
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

  private func compare(_ found: Outcome, _ expected: Outcome, scores: Double, gradients: Double, _ label: String) {
    for (name, distance) in Self.differences(found, expected) {
      #expect(distance <= (name == "scores" ? scores : gradients), "\(label): \(name)")
    }
    #expect(found.gradients.count == expected.gradients.count)
  }

  /// Float32 sums in another order are off by some 1e-7 a layer, and a ReLU at its kink or a pooling tie may turn: 1e-5.
  /// Winograd's transforms multiply rounding by about 10: 1e-4.
  private static let algorithms: [(ConvolutionAlgorithm, Double)] = [(.direct, 1e-5), (.winograd, 1e-4), (.auto, 1e-4)]

  @Test("The presets give OpenBLAS's scores and gradients, direct and by Winograd", arguments: [Preset.cnnF64, .cnnF128])
  func presets(preset: Preset) throws {
    let network = try preset.network(classes: 10)
    for purpose in Purpose.allCases {
      let expected = try run(network, purpose, .openblas)
      for (algorithm, tolerance) in Self.algorithms {
        let found = try run(network, purpose, .onednn, .float32, algorithm)
        compare(found, expected, scores: tolerance, gradients: tolerance, "\(preset), \(purpose), \(algorithm)")
      }
    }
  }

  /// Rounding may turn a pooling switch between two nearly equal values, on one kind of processor and not on another; what is
  /// wrong is wrong with every seed.
  @Test("The paper's net gives OpenBLAS's gradients")
  func paper() throws {
    let network = try Preset.cnnF.network(classes: 20)
    for purpose in [Purpose.training, .inputGradient] {
      var expected: [UInt64: Outcome] = [:]
      for (algorithm, tolerance) in Self.algorithms.dropLast() {
        var distances: [String] = []
        for seed: UInt64 in 77...79 {
          let known = try expected[seed] ?? run(network, purpose, .openblas, pictures: 2, batch: 2, seed: seed)
          expected[seed] = known
          let found = try run(network, purpose, .onednn, .float32, algorithm, pictures: 2, batch: 2, seed: seed)
          let far = Self.differences(found, known).filter { $0.distance > tolerance }
          if far.isEmpty { break }
          distances.append("seed \(seed): \(far)")
        }
        #expect(distances.count < 3, "cnn-f, \(purpose), \(algorithm): \(distances)")
      }
    }
  }

  /// Relative L2, of the scores and of each gradient.
  private static func differences(_ found: Outcome, _ expected: Outcome) -> [(name: String, distance: Double)] {
    [("scores", relativeDistance(found.scores, expected.scores))]
      + zip(found.gradients, expected.gradients).map { ($0.name, relativeDistance($0.values, $1.values)) }
  }

  /// A bfloat16 has 8 significant bits: each layer rounds to 2⁻⁹ of a value, and the gates of ReLUs near 0 turn, so that gradients
  /// drift layer by layer down to conv1 (26 % in PyTorch as here, at random initialisation). A distance of
  /// 0.45 is a cosine of 0.9.
  @Test(
    "In bfloat16 scores stay within 2 % and gradients point the same way",
    .enabled(if: BackendChoice.onednn.obstacle(to: .bfloat16) == nil))
  func bfloat16() throws {
    let network = try Preset.cnnF64.network(classes: 10)
    for purpose in Purpose.allCases {
      let expected = try run(network, purpose, .openblas)
      let found = try run(network, purpose, .onednn, .bfloat16, .auto)
      #expect(relativeDistance(found.scores, expected.scores) <= 0.02, "\(purpose)")
      for (a, b) in zip(found.gradients, expected.gradients) {
        #expect(relativeDistance(a.values, b.values) <= 0.45, "\(purpose), \(a.name)")
      }
      if purpose.trains {
        // Nothing but the rounding of activations and signals stands before fc8's gradients.
        let last = found.gradients.count - 2
        #expect(relativeDistance(found.gradients[last].values, expected.gradients[last].values) <= 0.02)
      }
    }
  }

  @Test("Every ReLU rule, from the scores and from layers inside, agrees with OpenBLAS", arguments: ReLURule.allCases)
  func rules(rule: ReLURule) throws {
    let network = try Preset.cnnF64.network(classes: 10)
    for layer in ["fc8", "fc6", "drop7", "pool5", "conv4", "relu3", "norm2", "conv1"] {
      let expected = try run(network, .inputGradient, .openblas, rule: rule, from: layer)
      let found = try run(network, .inputGradient, .onednn, rule: rule, from: layer)
      compare(found, expected, scores: 1e-5, gradients: 1e-5, "\(rule) from \(layer)")
    }
  }

  @Test("Fewer pictures than the batch give what a plan of their number gives", arguments: [Precision.float32, .bfloat16])
  func partialBatches(precision: Precision) throws {
    guard BackendChoice.onednn.obstacle(to: precision) == nil else { return }
    let network = try Preset.cnnF64.network(classes: 10)
    // Kernels for another batch may sum in another order; bfloat16 rounds that to a last place now and then.
    let tolerance = precision == .float32 ? 1e-4 : 0.15
    for purpose in Purpose.allCases {
      for pictures in [1, 4] {
        let whole = try run(network, purpose, .onednn, precision, .auto, pictures: pictures, batch: pictures)
        let part = try run(network, purpose, .onednn, precision, .auto, pictures: pictures, batch: 5)
        compare(part, whole, scores: tolerance, gradients: tolerance, "\(purpose), \(pictures) of 5")
      }
    }
  }

  @Test("Any team gives the same to rounding, and the same team the same bits", arguments: [1, 2, 3, 5])
  func teams(workers: Int) throws {
    let network = try Preset.cnnF64.network(classes: 10)
    let expected = try run(network, .training, .openblas, workers: 1)
    let found = try run(network, .training, .onednn, .float32, .auto, workers: workers)
    compare(found, expected, scores: 1e-4, gradients: 1e-4, "\(workers) workers")
    let again = try run(network, .training, .onednn, .float32, .auto, workers: workers)
    #expect(sameBits(found.scores, again.scores))
    for (a, b) in zip(found.gradients, again.gradients) { #expect(sameBits(a.values, b.values), "\(a.name)") }
  }

  /// Convolutions that are unfolded, and neighbours that must not be.
  private static let convolutions: [(channels: Int, side: Int, Convolution)] = [
    (3, 51, Convolution(filters: 32, kernel: 11, stride: 4)),  // conv1: 3×3 over 48 channels
    (3, 50, Convolution(filters: 16, kernel: 11, stride: 4)),  // columns that no window reaches
    (3, 30, Convolution(filters: 16, kernel: 11, stride: 4, padding: 3)),
    (3, 29, Convolution(filters: 16, kernel: 9, stride: 3)),  // 27 channels, filled up to 32
    (3, 31, Convolution(filters: 16, kernel: 7, stride: 2)),  // too many empty taps for 3×3
    (1, 20, Convolution(filters: 16, kernel: 3, stride: 2)),
    (16, 13, Convolution(filters: 32, kernel: 5, padding: 2)),  // conv2: four shifted copies
    (32, 9, Convolution(filters: 16, kernel: 6, padding: 1)),
    (16, 8, Convolution(filters: 16, kernel: 5)),
    (16, 12, Convolution(filters: 16, kernel: 5, padding: 4)),
    (15, 12, Convolution(filters: 16, kernel: 5, padding: 2)),  // no whole block of channels
    (16, 12, Convolution(filters: 15, kernel: 5, padding: 2)),
    (16, 12, Convolution(filters: 16, kernel: 4, padding: 1)),
    (32, 13, Convolution(filters: 48, kernel: 3, padding: 1)),
    (17, 13, Convolution(filters: 19, kernel: 3, padding: 1)),
    (16, 12, Convolution(filters: 16, kernel: 3, stride: 2, padding: 1)),
  ]

  @Test(
    "A convolution agrees with OpenBLAS as the first layer and behind another, in every form", arguments: convolutions.indices)
  func forms(index: Int) throws {
    let (channels, side, convolution) = Self.convolutions[index]
    let input = Shape(channels: channels, height: side, width: side + 1)
    let last = AnyLayer.convolution(convolution)
    let before = AnyLayer.convolution(Convolution(filters: channels, kernel: 3, padding: 1))
    for layers in [[last], [last, .relu(ReLU())], [before, .relu(ReLU()), last, .relu(ReLU())]] {
      let network = try Network(input, layers)
      for purpose in Purpose.allCases {
        let expected = try run(network, purpose, .openblas, scale: 1)
        for (algorithm, tolerance) in Self.algorithms {
          let found = try run(network, purpose, .onednn, .float32, algorithm, scale: 1)
          compare(found, expected, scores: tolerance, gradients: tolerance, "\(convolution), \(purpose), \(algorithm)")
        }
        guard BackendChoice.onednn.obstacle(to: .bfloat16) == nil else { continue }
        // Two or three roundings to 2⁻⁹, and a few ReLUs turned: each of those moves a bias gradient, a sum of random signs
        // over few pictures, by as much as the sum itself, so that biases count only where there is no ReLU.
        let rounded = try run(network, purpose, .onednn, .bfloat16, .auto, scale: 1)
        func counted(_ outcome: Outcome) -> Outcome {
          var outcome = outcome
          if layers.count > 1 { outcome.gradients.removeAll { $0.name.hasSuffix("biases") } }
          return outcome
        }
        compare(
          counted(rounded), counted(expected), scores: 0.02, gradients: 0.1, "\(convolution), \(purpose), bfloat16")
      }
    }
  }

  @Test("Layers in unusual places agree with OpenBLAS: dropout and ReLU on pictures, behind convolutions and pooling")
  func unusualPlaces() throws {
    let input = Shape(channels: 5, height: 12, width: 10)
    let convolution = AnyLayer.convolution(Convolution(filters: 18, kernel: 3, padding: 1))
    let dropout = AnyLayer.dropout(Dropout(probability: 0.3))
    let pooling = AnyLayer.maxPooling(MaxPooling(window: 3, stride: 2))
    let full = AnyLayer.fullyConnected(FullyConnected(outputs: 7))
    let norm = AnyLayer.localResponseNormalization(LocalResponseNormalization())
    let relu = AnyLayer.relu(ReLU())
    for layers in [
      [relu, full], [dropout, convolution, dropout, relu, pooling], [convolution, dropout, norm, pooling, dropout, full, relu],
      [norm, pooling, relu, full], [pooling, convolution, norm, relu, convolution], [full, dropout, relu, full, dropout],
      [convolution, relu, relu], [full, norm, full],
    ] {
      let network = try Network(input, layers)
      for purpose in Purpose.allCases {
        let expected = try run(network, purpose, .openblas, scale: 1)
        let label = "\(layers.map(\.layer)), \(purpose)".replacing("ConvNet.", with: "")
        compare(try run(network, purpose, .onednn, scale: 1), expected, scores: 1e-5, gradients: 1e-5, label)
        guard BackendChoice.onednn.obstacle(to: .bfloat16) == nil else { continue }
        compare(
          try run(network, purpose, .onednn, .bfloat16, scale: 1), expected, scores: 0.03, gradients: 0.2, label + ", bfloat16")
      }
    }
  }

  @Test("Activations inside the net are OpenBLAS's")
  func activations() throws {
    let network = try Preset.cnnF64.network(classes: 10)
    let store = try ParameterStore(network, seed: 3)
    let images = try Tensor(count: 2, shape: network.input, seed: 3, scale: 50)
    let plans = try [BackendChoice.openblas, .onednn].map { try Plan(store, batch: 4, purpose: .inference, backend: $0) }
    for plan in plans { _ = plan.forward(images) }
    for layer in network.layers {
      let (expected, found) = (try plans[0].activation(of: layer.name), try plans[1].activation(of: layer.name))
      #expect(found.count == 2 && found.shape == expected.shape)
      #expect(relativeDistance(found.array, expected.array) <= 1e-4, "\(layer.name)")
    }
  }

  @Test("New values of the parameters count from the next forward pass on", arguments: Precision.allCases)
  func revisions(precision: Precision) throws {
    guard BackendChoice.onednn.obstacle(to: precision) == nil else { return }
    let network = try Preset.cnnF64.network(classes: 10)
    let store = try ParameterStore(network, seed: 1)
    let images = try Tensor(count: 2, shape: network.input, seed: 3, scale: 50)
    for purpose in Purpose.allCases {
      let plan = try Plan(store, batch: 2, purpose: purpose, backend: .onednn, precision: precision)
      _ = plan.forward(images)
      for parameter in store.parameters { for value in parameter.range { store.values.pointer[value] *= 0.75 } }
      store.valuesChanged()
      let fresh = try Plan(store, batch: 2, purpose: purpose, backend: .onednn, precision: precision)
      #expect(sameBits(plan.forward(images).array, fresh.forward(images).array), "\(purpose)")
    }
  }

  @Test(
    "Training in bfloat16 goes on from an update as a new plan would",
    .enabled(if: BackendChoice.onednn.obstacle(to: .bfloat16) == nil))
  func bfloat16Updates() throws {
    let network = try Preset.cnnF64.network(classes: 10)
    let team = ThreadTeam(workers: 2)
    let store = try ParameterStore(network, seed: 5)
    let images = try Tensor(count: 2, shape: network.input, seed: 3, scale: 50)
    let signal = try Tensor(count: 2, shape: Shape(channels: 10), seed: 4, scale: 0.01)
    func scores(_ plan: Plan) -> [Float] {
      let scores = plan.forward(images).array
      plan.backward(from: signal)
      return scores
    }
    let plan = try Plan(store, batch: 2, purpose: .training, backend: .onednn, precision: .bfloat16, team: team)
    var before = scores(plan)
    for step in 0..<4 {
      SGD().update(store, rate: 1e-3, team: team)
      if step == 2 {
        // As when a checkpoint is read between two steps.
        for i in store.values.all.indices { store.values.pointer[i] *= 0.9 }
        store.valuesChanged()
      }
      let found = scores(plan)
      let gradients = store.gradients.all.map { $0 }
      let fresh = try ParameterStore(network)
      fresh.values.all.baseAddress!.update(from: store.values.pointer, count: store.values.count)
      let other = try Plan(fresh, batch: 2, purpose: .training, backend: .onednn, precision: .bfloat16, team: team)
      #expect(sameBits(found, scores(other)), "step \(step)")
      #expect(sameBits(gradients, fresh.gradients.all.map { $0 }), "step \(step)")
      #expect(!sameBits(found, before), "step \(step) changes nothing")
      before = found
    }
  }

  @Test("Layers' times name every layer that computes, and the multiply-adds of the net")
  func layerTimes() throws {
    let network = try Preset.cnnF64.network(classes: 10)
    let plan = try Plan(try ParameterStore(network, seed: 1), batch: 2, purpose: .inference, backend: .onednn)
    _ = plan.forward(try Tensor(count: 2, shape: network.input, seed: 3))
    #expect(plan.layerTimes.isEmpty)
    plan.timesLayers = true
    for _ in 0..<3 { _ = plan.forward(try Tensor(count: 2, shape: network.input, seed: 3)) }
    let forward = plan.layerTimes.filter { $0.pass == .forward }
    #expect(forward.reduce(0) { $0 + $1.multiplyAdds } == 3 * 2 * network.multiplyAdds)
    #expect(Set(["conv1", "norm1", "pool5", "fc8"]).isSubset(of: forward.map(\.layer)))
    let description = plan.backendDescription
    #expect(description.hasPrefix("oneDNN 2.") || description.hasPrefix("oneDNN 3."), "\(description)")
  }
}
