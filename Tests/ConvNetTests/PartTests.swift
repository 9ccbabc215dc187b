import Learning
import Testing

@testable import ConvNet

/// Parts of a net in the memory of the whole: together they compute what it computes.
@Suite("Parts of a network") struct PartTests {
  private let seed: UInt64 = 71
  private let samples = [5, 1 << 33, 7, 1000]

  /// A small chain with fully connected layers of 27, 27 and 6 outputs: thirds are no multiple of 4.
  private func network() throws -> Network {
    try Network(
      chain: "small", crop: 64, first: Convolution(filters: 8, kernel: 7, stride: 2), filters: 10, units: 27, classes: 6)
  }

  @Test("A chain is divided before its first fully connected layer, and before each further one")
  func division() throws {
    let parts = try #require(try network().classifierParts)
    #expect(parts.features == 0..<15)
    #expect(parts.fullyConnected == [15..<18, 18..<21, 21..<22])
    let convolutions = try Network(
      Shape(channels: 3, height: 8, width: 8), [.convolution(Convolution(filters: 4, kernel: 3)), .relu(ReLU())])
    #expect(convolutions.classifierParts == nil)
    let between = try Network(
      Shape(channels: 3, height: 8, width: 8),
      [
        .relu(ReLU()), .fullyConnected(FullyConnected(outputs: 8)), .localResponseNormalization(LocalResponseNormalization()),
        .fullyConnected(FullyConnected(outputs: 4)),
      ])
    #expect(between.classifierParts == nil)
  }

  @Test("innerTraining gives training's gradients and inputGradient's", arguments: backends)
  func innerTraining(backend: BackendChoice) throws {
    let network = try Network(
      Shape(channels: 20),
      [.fullyConnected(FullyConnected(outputs: 9)), .relu(ReLU()), .fullyConnected(FullyConnected(outputs: 4))])
    let store = try ParameterStore(network, seed: seed)
    let images = try Tensor(count: 4, shape: network.input, seed: seed)
    let signal = try Tensor(count: 4, shape: Shape(channels: 4), seed: seed, sample: 1)
    func pass(_ purpose: Purpose) throws -> Plan {
      let plan = try Plan(store, batch: 4, purpose: purpose, backend: backend)
      _ = plan.forward(images)
      plan.backward(from: signal)
      return plan
    }
    _ = try pass(.training)
    let expected = store.gradients.all.map { $0 }
    let input = try pass(.inputGradient).inputGradient.array
    store.gradients.fill(with: .nan)
    let both = try pass(.innerTraining)
    for parameter in store.parameters {
      #expect(relativeDistance(store.gradient(parameter), Array(expected[parameter.range])) < 1e-6, "\(parameter.name)")
    }
    #expect(relativeDistance(both.inputGradient.array, input) < 1e-6)
  }

  /// The net by its parts, each fully connected layer cut in so many: scores, and gradients left in the store.
  private func run(_ store: ParameterStore, cuts: Int, _ images: Tensor, _ signal: Tensor, _ backend: BackendChoice) throws
    -> [Float]
  {
    let parts = try #require(store.network.classifierParts)
    let dropout = DropoutStream(seed: 3, samples: samples)
    let features = try Plan(try store.part(parts.features), batch: 4, purpose: .training, backend: backend)
    var input = features.forward(images)
    var layers: [(plans: [Plan], ranges: [Range<Int>])] = []
    for part in parts.fullyConnected {
      let outputs = store.network.shapes[part.upperBound].count
      let ranges = (0..<cuts).map { ($0 * outputs / cuts)..<(($0 + 1) * outputs / cuts) }
      let plans = try ranges.map {
        try Plan(try store.part(part, outputs: $0), batch: 4, purpose: .innerTraining, backend: backend)
      }
      let output = try Tensor(count: 4, shape: Shape(channels: outputs))
      let flat = Tensor(count: 4, shape: Shape(channels: input.shape.count), storage: input.storage)
      for (plan, range) in zip(plans, ranges) {
        let own = plan.forward(flat, dropout: dropout)
        for n in 0..<4 { for (place, unit) in range.enumerated() { output[n][unit] = own[n][place] } }
      }
      layers.append((plans, ranges))
      input = output
    }
    var above = signal
    for (layer, part) in zip(layers, parts.fullyConnected).reversed() {
      let below = try Tensor(count: 4, shape: store.network.shapes[part.lowerBound])
      for (plan, range) in zip(layer.plans, layer.ranges) {
        let own = try Tensor(count: 4, shape: Shape(channels: range.count))
        for n in 0..<4 { for (place, unit) in range.enumerated() { own[n][place] = above[n][unit] } }
        plan.backward(from: own)
        for (index, value) in plan.inputGradient.array.enumerated() { below.values[index] += value }
      }
      above = below
    }
    features.backward(from: above)
    return input.array
  }

  @Test("Layers cut by outputs compute what the whole net does, dropout included", arguments: [1, 2, 3], backends)
  func cut(cuts: Int, backend: BackendChoice) throws {
    let store = try ParameterStore(try network(), seed: seed)
    let images = try Tensor(count: 4, shape: store.network.input, seed: seed, scale: 50)
    let signal = try Tensor(count: 4, shape: Shape(channels: 6), seed: seed, sample: 2)
    let whole = try Plan(store, batch: 4, purpose: .training, backend: backend)
    let scores = whole.forward(images, dropout: DropoutStream(seed: 3, samples: samples)).array
    whole.backward(from: signal)
    let expected = store.gradients.all.map { $0 }
    store.gradients.fill(with: .nan)
    // Float32 sums in another order.
    #expect(relativeDistance(try run(store, cuts: cuts, images, signal, backend), scores) < 1e-5)
    for parameter in store.parameters {
      #expect(relativeDistance(store.gradient(parameter), Array(expected[parameter.range])) < 1e-5, "\(parameter.name)")
    }
  }

  @Test("An update of the parts is an update of the whole, to the bit")
  func update() throws {
    let sgd = SGD(pixelDeviation: 58)
    func updated(_ parts: (ParameterStore) throws -> [ParameterStore]) throws -> [Float] {
      let store = try ParameterStore(try network(), seed: seed)
      for index in store.gradients.all.indices { store.gradients.pointer[index] = Float(index % 17) - 8 }
      for part in try parts(store) { sgd.update(part, rate: 0.01, team: ThreadTeam(workers: 2)) }
      return store.parameters.flatMap { Array(store.values[$0.range]) }
    }
    let whole = try updated { [$0] }
    let parts = try updated { store in
      let layers = try #require(store.network.classifierParts)
      return try [store.part(layers.features)]
        + layers.fullyConnected.flatMap { part in
          let outputs = store.network.shapes[part.upperBound].count
          return [try store.part(part, outputs: 0..<2), try store.part(part, outputs: 2..<outputs)]
        }
    }
    #expect(sameBits(whole, parts))
  }
}
