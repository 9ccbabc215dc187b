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
    let store = ParameterStore(try network(), seed: seed)
    if copies { _ = store.keepBFloat16Copy() }
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
    _ = store.keepBFloat16Copy()
    store.renewBFloat16Copy(team: team)
    #expect(Array(try halves(store).prefix(3)) == [0x3F80, 0x3F82, 0xBF81])
    #expect(try halves(store) == store.values.all.map(rounded))
  }

  @Test("An update is announced to plans that keep copies of the values")
  func revision() throws {
    let store = ParameterStore(try network())
    let before = store.revision
    sgd.update(store, rate: 0.1, team: ThreadTeam(workers: 1))
    #expect(store.revision > before)
  }
}
