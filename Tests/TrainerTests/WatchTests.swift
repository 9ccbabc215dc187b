import ConvNet
import Foundation
import Random
import Testing

@testable import Trainer

@Suite("Watching a run")
struct WatchTests {
  @Test("a loss that stays at ln K is noticed after a window of updates, and one that falls isn't")
  func stuckLoss() {
    var stuck = StuckLossWatch(classCount: 1000)
    let warnings = (0..<StuckLossWatch.window).compactMap { stuck.add(6.907 + ($0 % 2 == 0 ? 0.3 : -0.3)) }
    #expect(warnings.count == 1 && warnings[0].contains("6.9078") && warnings[0].contains("--learning-rate"), "\(warnings)")
    #expect(warnings.allSatisfy { $0.contains("--recipe fast") && $0.contains("--initialization lsuv") })
    var learning = StuckLossWatch(classCount: 1000)
    let others = (0..<2000).compactMap { learning.add(6.9 - Double($0) * 0.001) }
    #expect(others.isEmpty, "\(others)")
  }

  @Test("the slowest rank is named once for as long as it is slow, and ranks without pictures don't count")
  func slowRank() throws {
    var watch = SlowRankWatch(ranks: 4)
    var found: [(Int, Double)] = []
    for step in 0..<500 {
      // Rank 2 is slow through the first three windows; rank 3 has no pictures.
      if let slow = watch.add([0.01, 0.011, step < 300 ? 0.03 : 0.012, 0]) { found.append((slow.rank, slow.times)) }
    }
    #expect(found.count == 1 && found[0].0 == 2 && abs(found[0].1 - 0.03 / 0.011) < 1e-9, "\(found)")
    #expect(SlowRankWatch.slowest([0.5]) == nil && SlowRankWatch.slowest([0, 0.5]) == nil)
    let two = try #require(SlowRankWatch.slowest([0.5, 0.25]))
    #expect(two.rank == 0 && two.seconds == 0.5 && two.median == 0.25)
  }

  @Test("what limits a run is said after its first updates, and again when that has changed")
  func limits() {
    var watch = PaceWatch(workers: 2, loaderThreads: nil)
    var said: [(Int, String)] = []
    for update in 1...1020 {
      // First it computes, then pictures come late, then the sums over ranks.
      let waits = update <= 420 ? (0.001, 0.002) : update <= 820 ? (0.04, 0.01) : (0.0, 0.02)
      if let text = watch.add(seconds: 0.1, dataWait: waits.0, reductionWait: waits.1) { said.append((update, text)) }
    }
    #expect(said.map(\.0) == [20, 620, 1020], "\(said)")
    for (text, start) in zip(said.map(\.1), ["computing limits", "loading pictures limits", "communication limits"]) {
      #expect(text.hasPrefix(start), "\(text)")
    }
    #expect(said[1].1.contains("40 % of the last 200 updates' time"), "\(said[1].1)")
  }

  /// conv1 – conv2 – fc3 with a ReLU after each but the last, trained on for one pass of three pictures.
  private func pass(_ spoil: (ParameterStore) -> Void) throws -> Plan {
    func named(_ name: String, _ layer: AnyLayer) -> Network.NamedLayer { .init(name: name, layer: layer) }
    let network = try Network(
      name: "chain", input: Shape(channels: 3, height: 12, width: 12),
      layers: [
        named("conv1", .convolution(Convolution(filters: 8, kernel: 3))), named("relu1", .relu(ReLU())),
        named("conv2", .convolution(Convolution(filters: 8, kernel: 3))), named("relu2", .relu(ReLU())),
        named("fc3", .fullyConnected(FullyConnected(outputs: 5))),
      ])
    let store = try ParameterStore(network)
    Initialization.he.fill(store, seed: 4)
    // So that conv2 lives when nothing comes from conv1.
    fill(store, "conv2", .biases, 0.1)
    spoil(store)
    store.valuesChanged()
    let plan = try Plan(store, batch: 3, purpose: .training, backend: .openblas)
    let images = try Tensor(count: 3, shape: network.input)
    var random = CounterRandom(seed: 4, purpose: .test)
    for index in images.values.indices { images.values[index] = 58 * random.normal() }
    let scores = plan.forward(images)
    let gradient = try Tensor(count: 3, shape: scores.shape)
    _ = [Int32(0), 1, 2].withUnsafeBufferPointer {
      softmaxCrossEntropy(scores, labels: $0, divisor: 3, gradient: gradient)
    }
    plan.backward(from: gradient)
    return plan
  }

  private func fill(_ store: ParameterStore, _ layer: String, _ role: ParameterSpec.Role, _ value: Float) {
    if let range = store.parameter(layer, role)?.range { store.values[range].update(repeating: value) }
  }

  @Test(
    "a layer whose activations are all 0 is noticed after a window of updates, and the layer is the right one",
    arguments: [["conv1"], ["conv2"], ["conv1", "conv2"]])
  func deadLayer(dead: [String]) throws {
    let plan = try pass { store in
      for layer in dead { fill(store, layer, .biases, -1e6) }
    }
    for layer in dead { #expect(try plan.activation(of: layer).values.allSatisfy { $0 == 0 }) }
    var watch = DeadLayerWatch(plan.parameters)
    let warnings = (0..<250).compactMap { _ in watch.add(plan.parameters.gradients) }
    // Nothing below a dead layer has gradients either: the last one is to blame.
    #expect(warnings.count == 1 && warnings[0].contains("layer \(dead.last ?? "") is dead"), "\(warnings)")
  }

  @Test("layers that live are not taken for dead")
  func livingLayers() throws {
    let plan = try pass { _ in }
    var watch = DeadLayerWatch(plan.parameters)
    let warnings = (0..<250).compactMap { _ in watch.add(plan.parameters.gradients) }
    #expect(warnings.isEmpty, "\(warnings)")
  }

  @Test("what isn't finite first is named: values, then activations from the first layer on, then gradients from the last on")
  func divergence() throws {
    func found(_ plan: Plan) -> String? { Divergence.firstNonFinite(plan.parameters, [plan]) }
    #expect(found(try pass { _ in }) == nil)
    let values = try pass { $0.values.pointer[$0.parameter("conv2", .weights)!.range.lowerBound + 3] = .nan }
    #expect(found(values) == "the values of conv2/weights")
    let activations = try pass { store in
      fill(store, "conv1", .weights, 1e30)
      fill(store, "conv2", .weights, 1e30)
    }
    #expect(found(activations) == "the activations of conv2")
    #expect(!Divergence.isFinite(activations.parameters, loss: .nan))
    let gradients = try pass { _ in }
    gradients.parameters.gradients.pointer[gradients.parameters.parameter("conv1", .biases)!.range.lowerBound] = .infinity
    #expect(found(gradients) == "the gradients of conv1/biases")
    #expect(!Divergence.isFinite(gradients.parameters, loss: 1))
    #expect(Divergence.isFinite(try pass { _ in }.parameters, loss: 1))
  }
}
