import Testing

@testable import ConvNet

/// Momentum, decay and the biases' own rate, over several steps.
@Suite struct SGDTests {
  private let seed: UInt64 = 11
  private let sgd = SGD(momentum: 0.9, weightDecay: 0.05, biasRateFactor: 2)

  private func network() throws -> Network {
    try Network(
      Shape(channels: 3, height: 9, width: 9),
      [.convolution(Convolution(filters: 40, kernel: 3)), .fullyConnected(FullyConnected(outputs: 21))])
  }

  /// Five steps with other gradients and rates each; returns the values.
  private func train(workers: Int, _ each: (ParameterStore, Float) -> Void = { _, _ in }) throws -> ParameterStore {
    let store = ParameterStore(try network(), seed: seed)
    for step in 0..<5 {
      for (index, parameter) in store.parameters.enumerated() {
        var random = CounterRandom(seed: seed, purpose: .test, epoch: step + 10, sample: index)
        for i in parameter.range { store.gradients.pointer[i] = random.normal() }
      }
      let rate: Float = step < 3 ? 0.1 : 0.01
      each(store, rate)
      sgd.update(store, rate: rate, team: ThreadTeam(workers: workers))
    }
    return store
  }

  @Test("Updates follow the velocity form; biases take twice the rate and no decay")
  func formula() throws {
    var values: [Double] = []
    var velocity: [Double] = []
    let store = try train(workers: 1) { store, rate in
      if values.isEmpty {
        values = store.values.all.map(Double.init)
        velocity = values.map { _ in 0 }
      }
      for parameter in store.parameters {
        let isBias = parameter.name.hasSuffix("/biases")
        for i in parameter.range {
          let gradient = Double(store.gradients.pointer[i]) + (isBias ? 0 : 0.05) * values[i]
          velocity[i] = 0.9 * velocity[i] - Double(rate) * (isBias ? 2 : 1) * gradient
          values[i] += velocity[i]
        }
      }
    }
    // 0.9, 0.1 and 0.05 as Floats are off by up to 3e-8 of themselves; five steps.
    #expect(relativeDistance(store.values.all.map { $0 }, values) <= 5e-7, "seed \(seed)")
    #expect(relativeDistance(store.velocity.all.map { $0 }, velocity) <= 5e-7, "seed \(seed)")
  }

  @Test("Every team gives the same bits")
  func teams() throws {
    let one = try train(workers: 1)
    for workers in [2, 3] {
      let other = try train(workers: workers)
      #expect(sameBits(one.values.all.map { $0 }, other.values.all.map { $0 }), "workers \(workers), seed \(seed)")
      #expect(sameBits(one.velocity.all.map { $0 }, other.velocity.all.map { $0 }), "workers \(workers), seed \(seed)")
    }
  }

  @Test("An update is announced to plans that keep copies of the values")
  func revision() throws {
    let store = ParameterStore(try network())
    let before = store.revision
    sgd.update(store, rate: 0.1, team: ThreadTeam(workers: 1))
    #expect(store.revision > before)
  }
}
