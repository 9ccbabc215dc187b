import Testing

@testable import ConvNet

/// Every row of the layer table, on every backend, beside the naive layers.
@Suite struct LayerTests {
  /// A layer compiled for a purpose, its input and the signal that comes back, from the case's seed.
  private struct Setup {
    let store: ParameterStore
    let plan: Plan
    let naive: NaiveLayer
    let images: Tensor
    let signal: Tensor

    init(_ row: LayerCase, _ backend: BackendChoice, _ purpose: Purpose) throws {
      let network = try Network(row.input, [row.layer])
      store = try ParameterStore(network, seed: row.seed)
      plan = try Plan(store, batch: row.batch, purpose: purpose, backend: backend, team: ThreadTeam(workers: row.workers))
      let values = store.values
      let parameters = store.parameters.map { values[$0.range].map(Double.init) }
      naive = try NaiveLayer(row.layer, input: row.input, weights: parameters.first ?? [], biases: parameters.last ?? [])
      images = try Tensor(count: row.pictures, shape: row.input, seed: row.seed, sample: 1, scale: row.scale)
      signal = try Tensor(count: row.pictures, shape: network.shapes[1], seed: row.seed, sample: 2)
    }

    var outputs: [Double] { (0..<images.count).flatMap { naive.forward(images[$0].map(Double.init)) } }
    var gradients: [NaiveLayer.Gradients] {
      (0..<images.count).map { naive.backward(images[$0].map(Double.init), signal[$0].map(Double.init)) }
    }
  }

  /// Selections are exact. A float32 sum of n terms of random sign is off by about √n·2⁻²⁴ of its norm, below 1e-6 for the
  /// n ≤ 400 of the table; cancellation in small tensors costs the rest.
  private func tolerance(_ layer: AnyLayer) -> Double {
    switch layer {
    case .maxPooling, .relu, .dropout: 0
    default: 3e-6
    }
  }

  @Test("A forward pass gives what the naive layer gives", arguments: LayerCase.all, backends)
  func forward(row: LayerCase, backend: BackendChoice) throws {
    for purpose in Purpose.allCases {
      let setup = try Setup(row, backend, purpose)
      let found = setup.plan.forward(setup.images).array
      let distance = relativeDistance(found, setup.outputs)
      #expect(distance <= tolerance(row.layer), "\(row), \(purpose)")
    }
  }

  @Test("The input's gradient is the naive layer's", arguments: LayerCase.all, backends)
  func inputGradient(row: LayerCase, backend: BackendChoice) throws {
    let setup = try Setup(row, backend, .inputGradient)
    _ = setup.plan.forward(setup.images)
    setup.plan.backward(from: setup.signal)
    let distance = relativeDistance(setup.plan.inputGradient.array, setup.gradients.flatMap(\.input))
    // Pooling adds the signals of overlapping windows: a few float32 additions.
    let slack = if case .maxPooling = row.layer { 1e-6 } else { tolerance(row.layer) }
    #expect(distance <= slack, "\(row)")
  }

  @Test(
    "The parameters' gradients are the naive layer's, summed over the pictures",
    arguments: LayerCase.all.filter { !$0.layer.layer.parameters(for: $0.input).isEmpty }, backends)
  func parameterGradients(row: LayerCase, backend: BackendChoice) throws {
    let setup = try Setup(row, backend, .training)
    setup.store.gradients.fill(with: .nan)  // whatever is there before is overwritten
    _ = setup.plan.forward(setup.images)
    setup.plan.backward(from: setup.signal)
    let expected = setup.gradients
    for (parameter, key) in zip(setup.store.parameters, [\NaiveLayer.Gradients.weights, \.biases]) {
      let sum = expected.dropFirst().reduce(expected[0][keyPath: key]) { zip($0, $1[keyPath: key]).map { $0 + $1 } }
      let distance = relativeDistance(setup.store.gradient(parameter), sum)
      #expect(distance <= tolerance(row.layer), "\(row), \(parameter.name)")
    }
  }

  /// f(x) = Σ signal·output in Double, of the backend's own float32 forward pass.
  private func objective(_ setup: Setup) -> Double {
    setup.store.valuesChanged()
    return zip(setup.plan.forward(setup.images).doubles, setup.signal.doubles).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// (f(x + ε) − f(x − ε)) / 2ε along one value, or nothing at a kink: where half the ε gives another slope.
  private func centralDifference(
    _ value: UnsafeMutablePointer<Float>, epsilon: Float, tolerance: Double, _ objective: () -> Double
  ) -> (slope: Double, above: Double, below: Double)? {
    let start = value.pointee
    defer { value.pointee = start }
    func difference(_ epsilon: Float) -> (Double, Double, Double) {
      value.pointee = start + epsilon
      let (upper, above) = (value.pointee, objective())
      value.pointee = start - epsilon
      let below = objective()
      return ((above - below) / Double(upper - value.pointee), above, below)
    }
    let (whole, half) = (difference(epsilon), difference(epsilon / 2))
    return abs(whole.0 - half.0) <= tolerance ? whole : nil
  }

  @Test("Gradients are the slopes of the backend's own forward pass", arguments: LayerCase.geometries, backends)
  func centralDifferences(row: LayerCase, backend: BackendChoice) throws {
    for purpose in [Purpose.inputGradient, .training] {
      let setup = try Setup(row, backend, purpose)
      _ = setup.plan.forward(setup.images)
      setup.plan.backward(from: setup.signal)
      let values = purpose == .training ? setup.store.values : setup.images.storage
      let gradients = purpose == .training ? setup.store.gradients.all.map { $0 } : setup.plan.inputGradient.array
      let indices = purpose == .training ? setup.store.parameters.flatMap { Array($0.range) } : Array(gradients.indices)
      // Float32 outputs are off by about 2⁻²⁴ of their size, slopes by that over ε; linear layers have no other error.
      let size = setup.outputs.map(abs).max() ?? 1
      let epsilon = 0.05 * row.scale
      let tolerance = 1e-3 + 40 * size * 0x1p-24 / Double(epsilon) * Double(setup.outputs.count).squareRoot()
      var smooth = 0
      let chosen = stride(from: 0, to: indices.count, by: max(1, indices.count / 24)).map { indices[$0] }
      for index in chosen {
        guard
          let (slope, above, below) = centralDifference(
            values.pointer + index, epsilon: epsilon, tolerance: tolerance, { objective(setup) })
        else { continue }
        smooth += 1
        let gradient = Double(gradients[index])
        #expect(
          abs(slope - gradient) <= 2 * tolerance,
          "\(row), \(purpose), value \(index): slope \(slope) of \(below) … \(above), gradient \(gradient)")
      }
      #expect(smooth * 2 >= chosen.count, "\(row): only \(smooth) of \(chosen.count) values lie away from kinks")
    }
  }

  @Test("Of several largest values in a window the first has the switch, and a NaN wins", arguments: backends)
  func poolingTies(backend: BackendChoice) throws {
    for (values, expected, switchAt) in [
      ([2, 2, 2, 2] as [Float], 2 as Float, 0), ([1, 3, 3, 3], 3, 1), ([.nan, 1, 5, 2], .nan, 0), ([1, 5, .nan, 2], .nan, 2),
      ([-.infinity, -.infinity, -4, -5], -4, 2),
    ] {
      // oneDNN's comparisons pass over NaNs.
      if backend == .onednn, values.contains(where: \.isNaN) { continue }
      let shape = Shape(channels: 1, height: 2, width: 2)
      let network = try Network(shape, [.maxPooling(MaxPooling(window: 2, stride: 2))])
      let plan = try Plan(try ParameterStore(network), batch: 1, purpose: .inputGradient, backend: backend)
      let found = plan.forward(try Tensor(count: 1, shape: shape, values: values)).array[0]
      #expect(found == expected || found.isNaN && expected.isNaN, "maximum of \(values)")
      plan.backward(from: try Tensor(count: 1, shape: network.shapes[1], values: [7]))
      #expect(plan.inputGradient.array == (0..<4).map { $0 == switchAt ? 7 : 0 }, "switch of \(values)")
    }
  }
}
