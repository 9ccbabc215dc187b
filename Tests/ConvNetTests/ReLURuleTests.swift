import Testing

@testable import ConvNet

/// The three ways back through a ReLU, and the one place where they differ.
@Suite struct ReLURuleTests {
  @Test("Each rule has its own gates", arguments: backends)
  func gates(backend: BackendChoice) throws {
    let network = try Network(Shape(channels: 6), [.relu(ReLU())])
    let plan = try Plan(try ParameterStore(network), batch: 1, purpose: .inputGradient, backend: backend)
    let input = try Tensor(count: 1, shape: network.input, values: [1, 1, -1, -1, 0, 2])
    let signal = try Tensor(count: 1, shape: network.input, values: [3, -3, 3, -3, 3, 0])
    let expected: [ReLURule: [Float]] = [
      .gradient: [3, -3, 0, 0, 0, 0],  // X > 0
      .deconvnet: [3, 0, 3, 0, 3, 0],  // R > 0
      .guided: [3, 0, 0, 0, 0, 0],  // both
    ]
    for rule in ReLURule.allCases {
      #expect(plan.forward(input).array == [1, 1, 0, 0, 0, 2])
      plan.backward(from: signal, rule: rule)
      #expect(plan.inputGradient.array == expected[rule], "\(rule)")
    }
  }

  private static let shape = Shape(channels: 2, height: 9, width: 8)

  /// conv, (relu), norm, pool, (relu: one that no layer with parameters computes), conv, (relu), full, (relu), full.
  private func network(relus: Bool) throws -> Network {
    let relu: [AnyLayer] = relus ? [.relu(ReLU())] : []
    return try Network(
      Self.shape,
      [.convolution(Convolution(filters: 5, kernel: 3, padding: 1))] + relu + [
        .localResponseNormalization(LocalResponseNormalization(alpha: 0.1)), .maxPooling(MaxPooling(window: 3, stride: 2)),
      ] + relu + [.convolution(Convolution(filters: 4, kernel: 3, stride: 2))] + relu + [
        .fullyConnected(FullyConnected(outputs: 11))
      ] + relu + [.fullyConnected(FullyConnected(outputs: 3))])
  }

  @Test("On a small net each rule gives what the naive layers give", arguments: ReLURule.allCases, backends)
  func smallNet(rule: ReLURule, backend: BackendChoice) throws {
    let seed: UInt64 = 44
    let network = try network(relus: true)
    let store = try ParameterStore(network, seed: seed)
    let plan = try Plan(store, batch: 3, purpose: .inputGradient, backend: backend, team: ThreadTeam(workers: 2))
    let images = try Tensor(count: 2, shape: Self.shape, seed: seed)
    let signal = try Tensor(count: 2, shape: network.shapes.last!, seed: seed, sample: 1)
    _ = plan.forward(images)
    plan.backward(from: signal, rule: rule)
    for n in 0..<2 {
      var inputs = [images[n].map(Double.init)]
      let layers = try zip(network.layers, network.shapes).map { named, shape in
        let values = store.parameters.filter { $0.layer == named.name }.map { store.values[$0.range].map(Double.init) }
        return try NaiveLayer(named.layer, input: shape, weights: values.first ?? [], biases: values.last ?? [])
      }
      for layer in layers { inputs.append(layer.forward(inputs.last!)) }
      var back = signal[n].map(Double.init)
      for (layer, x) in zip(layers, inputs).reversed() {
        if case .relu = layer.layer {
          back = zip(back, x).map { r, x in
            (rule == .deconvnet || x > 0) && (rule == .gradient || r > 0) ? r : 0
          }
        } else {
          back = layer.backward(x, back).input
        }
      }
      // Four layers of float32 sums of up to 200 terms.
      #expect(relativeDistance(Array(plan.inputGradient[n]), back) <= 5e-6, "picture \(n), seed \(seed)")
    }
  }

  @Test("Without ReLUs the gradient and the DeconvNet are the same bits", arguments: backends)
  func identity(backend: BackendChoice) throws {
    let seed: UInt64 = 45
    let network = try network(relus: false)
    let plan = try Plan(try ParameterStore(network, seed: seed), batch: 3, purpose: .inputGradient, backend: backend)
    let signal = try Tensor(count: 3, shape: network.shapes.last!, seed: seed, sample: 1)
    _ = plan.forward(try Tensor(count: 3, shape: Self.shape, seed: seed))
    let results = ReLURule.allCases.map { rule in
      plan.backward(from: signal, rule: rule)
      return plan.inputGradient.array
    }
    #expect(sameBits(results[0], results[1]) && sameBits(results[0], results[2]), "seed \(seed)")
    #expect(results[0].contains { $0 != 0 })
  }

  @Test("The gradient at a layer is the one from which the rest of the pass goes on", arguments: ReLURule.allCases, backends)
  func inside(rule: ReLURule, backend: BackendChoice) throws {
    let seed: UInt64 = 47
    let network = try network(relus: true)
    let plan = try Plan(try ParameterStore(network, seed: seed), batch: 3, purpose: .inputGradient, backend: backend)
    let signal = try Tensor(count: 2, shape: network.shapes.last!, seed: seed, sample: 1)
    _ = plan.forward(try Tensor(count: 2, shape: Self.shape, seed: seed))
    plan.backward(from: signal, rule: rule)
    let whole = plan.inputGradient.array
    for (named, shape) in zip(network.layers, network.shapes.dropFirst()) {
      let inner = try plan.gradient(at: named.name, from: signal, rule: rule)
      #expect(inner.shape == shape && inner.count == 2)
      let copy = try Tensor(count: 2, shape: shape, values: inner.array)
      #expect(copy.array.contains { $0 != 0 })
      try plan.backward(from: named.name, gradient: copy, rule: rule)
      #expect(relativeDistance(plan.inputGradient.array, whole.map(Double.init)) <= 1e-6, "\(named.name)")
    }
  }

  @Test("A linear net's input gradient is its weight row exactly", arguments: backends)
  func linearNet(backend: BackendChoice) throws {
    let seed: UInt64 = 46
    let shape = Shape(channels: 3, height: 7, width: 5)
    let network = try Network(shape, [.fullyConnected(FullyConnected(outputs: 6))])
    let store = try ParameterStore(network, seed: seed)
    let plan = try Plan(store, batch: 6, purpose: .inputGradient, backend: backend, team: ThreadTeam(workers: 2))
    let signal = try Tensor(count: 6, shape: network.shapes[1])
    for c in 0..<6 { signal[c][c] = 1 }
    _ = plan.forward(try Tensor(count: 6, shape: shape, seed: seed))
    plan.backward(from: signal)
    #expect(sameBits(plan.inputGradient.array, Array(store.values[store.parameters[0].range])), "seed \(seed)")
  }
}
