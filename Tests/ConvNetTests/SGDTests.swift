import Learning
import Random
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
  private func train(
    workers: Int, copies: Bool = false, _ each: (ParameterStore, Float) -> Void = { _, _ in }
  ) throws -> ParameterStore {
    let store = try ParameterStore(try network(), seed: seed)
    if copies { _ = try store.keepBFloat16Copy() }
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

  /// The bits of a bfloat16, to nearest even; by another road than the kernels'.
  private func rounded(_ value: Float) -> UInt16 {
    let below = Float(bitPattern: value.bitPattern & 0xFFFF_0000)
    let above = Float(bitPattern: below.bitPattern + 0x1_0000)
    let (down, up) = (abs(Double(value) - Double(below)), abs(Double(above) - Double(value)))
    let takesAbove = up < down || (up == down && below.bitPattern >> 16 & 1 == 1)
    return UInt16((takesAbove ? above : below).bitPattern >> 16)
  }

  private func halves(_ store: ParameterStore) throws -> [UInt16] {
    let copy = try #require(store.bfloat16Copy)
    return (0..<store.values.count).map { copy.halves[$0] }
  }

  @Test("An update that writes the bfloat16 copy gives the same values, and their nearest bfloat16s", arguments: [1, 2, 3])
  func copy(workers: Int) throws {
    let plain = try train(workers: 1)
    let store = try train(workers: workers, copies: true)
    #expect(sameBits(store.values.all.map { $0 }, plain.values.all.map { $0 }), "seed \(seed)")
    #expect(sameBits(store.velocity.all.map { $0 }, plain.velocity.all.map { $0 }), "seed \(seed)")
    #expect(try halves(store) == store.values.all.map(rounded), "seed \(seed)")
  }

  @Test("The bfloat16 copy is renewed after any other change of the values, and only then")
  func renewal() throws {
    let team = ThreadTeam(workers: 2)
    let store = try train(workers: 2, copies: true)
    // After an update nothing is left to renew: a mark in the copy stays.
    store.bfloat16Copy?.halves[5] = 0x1234
    store.renewBFloat16Copy(team: team)
    #expect(try halves(store)[5] == 0x1234)
    store.valuesChanged()
    store.renewBFloat16Copy(team: team)
    #expect(try halves(store) == store.values.all.map(rounded))
    // Halfway between two bfloat16s, above and below an even one.
    let ties = [Float(bitPattern: 0x3F80_8000), Float(bitPattern: 0x3F81_8000), Float(bitPattern: 0xBF80_8001)]
    for (i, value) in ties.enumerated() { store.values.pointer[i] = value }
    // Who asks for the copy may have changed values without a word.
    _ = try store.keepBFloat16Copy()
    store.renewBFloat16Copy(team: team)
    #expect(Array(try halves(store).prefix(3)) == [0x3F80, 0x3F82, 0xBF81])
    #expect(try halves(store) == store.values.all.map(rounded))
  }

  @Test("An update is announced to plans that keep copies of the values")
  func revision() throws {
    let store = try ParameterStore(try network())
    let before = store.revision
    sgd.update(store, rate: 0.1, team: ThreadTeam(workers: 1))
    #expect(store.revision > before)
  }

  @Test("Biases take the factors that they are given")
  func biasFactors() throws {
    let store = try ParameterStore(try network(), seed: seed)
    let before = store.values.all.map(Double.init)
    store.gradients.fill(with: 0.5)
    SGD(momentum: 0, weightDecay: 0.25, biasRateFactor: 3, biasDecayFactor: 0.5)
      .update(store, rate: 0.125, team: ThreadTeam(workers: 1))
    for parameter in store.parameters {
      let (rate, decay) = parameter.spec.role == .biases ? (0.375, 0.125) : (0.125, 0.25)
      for i in parameter.range {
        #expect(abs(Double(store.values.pointer[i]) - (before[i] - rate * (0.5 + decay * before[i]))) < 1e-6, "\(parameter.name)")
      }
    }
  }
}

/// Rates of layers.
@Suite struct LARSTests {
  private let seed: UInt64 = 12

  private func store() throws -> ParameterStore {
    let store = try ParameterStore(
      try Network(
        Shape(channels: 3, height: 9, width: 9),
        [.convolution(Convolution(filters: 40, kernel: 3)), .fullyConnected(FullyConnected(outputs: 41))]), seed: seed)
    for (index, parameter) in store.parameters.enumerated() {
      var random = CounterRandom(seed: seed, purpose: .test, epoch: 3, sample: index)
      for i in parameter.range { store.gradients.pointer[i] = Float(index + 1) * random.normal() }
    }
    return store
  }

  private func norm(_ values: ArraySlice<Double>) -> Double { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }

  // fc: 40·49·41 = 80,360 weights, more than one block of the norm.
  @Test("A layer's rate is κ·‖w‖ / (‖g‖ + λ·‖w‖) times the global one, through two steps", arguments: [1, 2, 3])
  func formula(workers: Int) throws {
    let store = try store()
    let sgd = SGD(momentum: 0.9, weightDecay: 0.05, biasRateFactor: 2, larsCoefficient: 0.02)
    var w = store.values.all.map(Double.init)
    var v = w.map { _ in 0.0 }
    let g = store.gradients.all.map(Double.init)
    for rate in [4.0, 2.0] {
      var ratio = 0.0
      for parameter in store.parameters {
        let isBias = parameter.spec.role == .biases
        if !isBias {
          ratio = 0.02 * norm(w[parameter.range]) / (norm(g[parameter.range]) + 0.05 * norm(w[parameter.range]))
        }
        for i in parameter.range {
          v[i] = 0.9 * v[i] - rate * ratio * (isBias ? 2 : 1) * (g[i] + (isBias ? 0 : 0.05) * w[i])
          w[i] += v[i]
        }
      }
      sgd.update(store, rate: Float(rate), team: ThreadTeam(workers: workers))
    }
    #expect(relativeDistance(store.values.all.map { $0 }, w) <= 5e-7, "seed \(seed)")
    #expect(relativeDistance(store.velocity.all.map { $0 }, v) <= 5e-7, "seed \(seed)")
  }

  @Test("Without weights or gradients the ratio is κ, and nothing becomes NaN")
  func zero() throws {
    let store = try store()
    store.values.fill(with: 0)
    SGD(momentum: 0, larsCoefficient: 0.5).update(store, rate: 1, team: ThreadTeam(workers: 1))
    let range = store.parameters[0].range
    for i in range { #expect(store.values.pointer[i] == -0.5 * store.gradients.pointer[i]) }
    store.gradients.fill(with: 0)
    SGD(momentum: 0, larsCoefficient: 0.5).update(store, rate: 1, team: ThreadTeam(workers: 1))
    #expect(store.values.all.allSatisfy { $0.isFinite })
  }

  @Test("A pixel deviation is the same training as dividing the pixels by it", arguments: [nil, 0.01] as [Float?])
  func pixelDeviation(coefficient: Float?) throws {
    let deviation: Float = 32
    let network = try Network(
      Shape(channels: 3, height: 8, width: 8),
      [
        .convolution(Convolution(filters: 6, kernel: 3)), .relu(ReLU()), .fullyConnected(FullyConnected(outputs: 5)),
      ])
    let images = try Tensor(count: 4, shape: network.input, seed: seed, scale: deviation)
    func train(_ images: Tensor, firstScale: Float, deviation: Float) throws -> ParameterStore {
      let store = try ParameterStore(network, seed: seed)
      for i in store.parameters[0].range { store.values.pointer[i] *= firstScale }
      let plan = try Plan(store, batch: 4, purpose: .training, backend: .openblas, team: ThreadTeam(workers: 1))
      let sgd = SGD(weightDecay: 0.01, larsCoefficient: coefficient, pixelDeviation: deviation)
      let gradient = try Tensor(count: 4, shape: Shape(channels: 5))
      for _ in 0..<4 {
        let scores = plan.forward(images)
        _ = [0, 1, 2, 3].map(Int32.init).withUnsafeBufferPointer {
          softmaxCrossEntropy(scores, labels: $0, divisor: 4, gradient: gradient)
        }
        plan.backward(from: gradient)
        sgd.update(store, rate: coefficient == nil ? 0.02 : 2, team: ThreadTeam(workers: 1))
      }
      return store
    }
    // Powers of two: the scaling itself doesn't round.
    let divided = try Tensor(count: 4, shape: network.input, values: images.array.map { $0 / deviation })
    let expected = try train(divided, firstScale: 1, deviation: 1)
    let found = try train(images, firstScale: 1 / deviation, deviation: deviation)
    let untrained = try ParameterStore(network, seed: seed)
    withExtendedLifetime((expected, found, untrained)) {
      for parameter in expected.parameters {
        let scale: Float = parameter == expected.parameters[0] ? deviation : 1
        let values = Array(expected.values[parameter.range])
        #expect(relativeDistance(found.values[parameter.range].map { $0 * scale }, values) <= 1e-6, "\(parameter.name)")
        #expect(values != Array(untrained.values[parameter.range]), "\(parameter.name) hasn't learnt")
      }
    }
  }
}
