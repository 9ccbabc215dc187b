import Foundation
import Testing

@testable import ConvNet

/// A plan over many calls: updates that don't depend on how the batch is cut, no left-overs, the order of its reports.
@Suite struct PlanTests {
  private let seed: UInt64 = 61

  /// A small chain with every kind of layer.
  private func network() throws -> Network {
    try Network(
      chain: "small", crop: 64, first: Convolution(filters: 8, kernel: 7, stride: 2), filters: 10, units: 24, classes: 6)
  }

  private let labels: [Int32] = [0, 5, 2, 3, 1, 4, 2, 2]
  private func images(_ range: Range<Int>, of all: Tensor) throws -> Tensor {
    try Tensor(count: range.count, shape: all.shape, values: range.flatMap { Array(all[$0]) })
  }

  /// Forward, loss over a global batch of 8 and backward for some of the pictures; gradients as Doubles, to be summed.
  private func step(_ plan: Plan, _ range: Range<Int>, of all: Tensor) throws -> [Double] {
    let scores = try plan.forward(images(range, of: all), dropout: DropoutStream(seed: seed, samples: range.map { 100 + $0 }))
    let signal = try Tensor(count: range.count, shape: scores.shape)
    _ = Array(labels[range]).withUnsafeBufferPointer { softmaxCrossEntropy(scores, labels: $0, divisor: 8, gradient: signal) }
    plan.backward(from: signal)
    return plan.parameters.gradients.all.map(Double.init)
  }

  @Test("Gradients summed over the pieces of a batch are those of the whole", arguments: [1, 2, 3], backends)
  func cuts(workers: Int, backend: BackendChoice) throws {
    let store = try ParameterStore(try network(), seed: seed)
    let all = try Tensor(count: 8, shape: store.network.input, seed: seed, scale: 60)
    let team = ThreadTeam(workers: workers)
    let whole = try step(try Plan(store, batch: 8, purpose: .training, backend: backend, team: team), 0..<8, of: all)
    for size in [4, 2, 3] {
      let plan = try Plan(store, batch: size, purpose: .training, backend: backend, team: team)
      var sum = whole.map { _ in 0.0 }
      for start in stride(from: 0, to: 8, by: size) {
        for (i, value) in try step(plan, start..<min(start + size, 8), of: all).enumerated() { sum[i] += value }
      }
      // The same terms in another order of float32 sums.
      for parameter in store.parameters {
        let distance = relativeDistance(Array(sum[parameter.range]), Array(whole[parameter.range]))
        #expect(distance <= 1e-5, "\(parameter.name), pieces of \(size), seed \(seed)")
      }
    }
  }

  @Test("The same call gives the same bits, with other calls between", arguments: [1, 2, 3], backends)
  func repeatable(workers: Int, backend: BackendChoice) throws {
    let store = try ParameterStore(try network(), seed: seed)
    let all = try Tensor(count: 8, shape: store.network.input, seed: seed, scale: 60)
    let plan = try Plan(store, batch: 8, purpose: .training, backend: backend, team: ThreadTeam(workers: workers))
    let first = try step(plan, 0..<5, of: all)
    #expect(try first == step(plan, 0..<5, of: all))
    _ = try step(plan, 0..<8, of: all)
    _ = try step(plan, 3..<4, of: all)
    #expect(try first == step(plan, 0..<5, of: all), "left-overs of other batches, seed \(seed)")
    let fresh = try Plan(store, batch: 8, purpose: .training, backend: backend, team: ThreadTeam(workers: workers))
    #expect(try first == step(fresh, 0..<5, of: all))
  }

  @Test("Scores and input gradients of a picture don't depend on its neighbours", arguments: backends)
  func neighbours(backend: BackendChoice) throws {
    let store = try ParameterStore(try network(), seed: seed)
    let all = try Tensor(count: 8, shape: store.network.input, seed: seed, scale: 60)
    let plan = try Plan(store, batch: 8, purpose: .inputGradient, backend: backend, team: ThreadTeam(workers: 2))
    func run(_ range: Range<Int>) throws -> (scores: [Float], gradient: [Float]) {
      let scores = try plan.forward(images(range, of: all))
      let signal = try Tensor(count: range.count, shape: scores.shape)
      for n in 0..<range.count { signal[n][1] = 1 }
      plan.backward(from: signal)
      return (Array(scores[range.count - 1]), Array(plan.inputGradient[range.count - 1]))
    }
    let (alone, among) = try (run(2..<3), run(0..<3))
    // GEMMs of other sizes sum in another order.
    #expect(relativeDistance(alone.scores, among.scores) <= 1e-6, "seed \(seed)")
    #expect(relativeDistance(alone.gradient, among.gradient) <= 1e-5, "seed \(seed)")
  }

  @Test("Gradients are reported from the last layer to the first, final when they are", arguments: backends)
  func reports(backend: BackendChoice) throws {
    let store = try ParameterStore(try network(), seed: seed)
    let plan = try Plan(store, batch: 2, purpose: .training, backend: backend)
    _ = plan.forward(try Tensor(count: 2, shape: store.network.input, seed: seed))
    var reported: [(range: Range<Int>, values: [Float])] = []
    plan.backward(from: try Tensor(count: 2, shape: Shape(channels: 6), seed: seed, sample: 9)) {
      reported.append(($0, Array(store.gradients[$0])))
    }
    let layers = ["fc8", "fc7", "fc6", "conv5", "conv4", "conv3", "conv2", "conv1"]
    #expect(reported.map(\.range) == layers.map { store.range(ofLayer: $0) })
    for report in reported { #expect(sameBits(report.values, Array(store.gradients[report.range]))) }
  }

  @Test("An error from a report ends the backward pass and reaches the caller", arguments: backends)
  func reportError(backend: BackendChoice) throws {
    struct Stop: Error {}
    let store = try ParameterStore(try network(), seed: seed)
    let plan = try Plan(store, batch: 1, purpose: .training, backend: backend)
    _ = plan.forward(try Tensor(count: 1, shape: store.network.input, seed: seed))
    var calls = 0
    #expect(throws: Stop.self) {
      try plan.backward(from: try Tensor(count: 1, shape: Shape(channels: 6))) { _ in
        calls += 1
        if calls == 2 { throw Stop() }
      }
    }
    #expect(calls == 2)
  }

  @Test("A plan for a precision that its backend lacks is refused in words")
  func obstacle() throws {
    let store = try ParameterStore(try Preset.cnnF64.network(classes: 2), training: false)
    let error = #expect(throws: BackendError.self) {
      try Plan(store, batch: 1, purpose: .inference, backend: .openblas, precision: .bfloat16)
    }
    #expect(error?.description.hasPrefix("OpenBLAS computes in float32 alone") == true, "\(error?.description ?? "none")")
  }

  @Test("A backward pass may start at any layer", arguments: backends)
  func inside(backend: BackendChoice) throws {
    let store = try ParameterStore(try network(), seed: seed)
    let network = store.network
    let plan = try Plan(store, batch: 1, purpose: .inputGradient, backend: backend)
    let image = try Tensor(count: 1, shape: network.input, seed: seed, scale: 60)
    for (index, named) in network.layers.enumerated() {
      let signal = try Tensor(count: 1, shape: network.shapes[index + 1], seed: seed, sample: index)
      _ = plan.forward(image)
      try plan.backward(from: named.name, gradient: signal)
      let found = plan.inputGradient.array
      // The net that ends there; a ReLU that follows directly is one with its layer.
      let next = index + 1 < network.layers.count && network.layers[index + 1].layer == .relu(ReLU()) ? index + 1 : index
      let short = try Network(name: "short", input: network.input, layers: Array(network.layers[...next]))
      let cut = try ParameterStore(short)
      for i in cut.values.all.indices { cut.values.pointer[i] = store.values.pointer[i] }
      let end = try Plan(cut, batch: 1, purpose: .inputGradient, backend: backend)
      #expect(sameBits(end.forward(image).array, try plan.activation(of: named.name).array), "\(named.name), seed \(seed)")
      end.backward(from: signal)
      #expect(sameBits(found, end.inputGradient.array), "\(named.name), seed \(seed)")
    }
    #expect(throws: NetworkError.self) { try plan.backward(from: "conv9", gradient: image) }
  }
}
