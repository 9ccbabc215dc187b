import Foundation
import Testing

@testable import ConvNet

/// oneDNN beside OpenBLAS on whole nets.
@Suite(.enabled(if: hasOneDNN, noOneDNN))
struct OneDNNTests {
  @Test("The presets give OpenBLAS's scores and gradients, direct and by Winograd", arguments: [Preset.cnnF64, .cnnF128])
  func presets(preset: Preset) throws {
    let network = try preset.network(classes: 10)
    for purpose in Purpose.allCases {
      let expected = try Outcome.of(network, purpose, .openblas)
      for (algorithm, tolerance) in oneDNNAlgorithms {
        let found = try Outcome.of(network, purpose, .onednn, .float32, algorithm)
        found.compare(with: expected, scores: tolerance, gradients: tolerance, "\(preset), \(purpose), \(algorithm)")
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
      for (algorithm, tolerance) in oneDNNAlgorithms.dropLast() {
        var distances: [String] = []
        for seed: UInt64 in 77...79 {
          let known = try expected[seed] ?? Outcome.of(network, purpose, .openblas, pictures: 2, batch: 2, seed: seed)
          expected[seed] = known
          let found = try Outcome.of(network, purpose, .onednn, .float32, algorithm, pictures: 2, batch: 2, seed: seed)
          let far = found.differences(from: known).filter { $0.distance > tolerance }
          if far.isEmpty { break }
          distances.append("seed \(seed): \(far)")
        }
        #expect(distances.count < 3, "cnn-f, \(purpose), \(algorithm): \(distances)")
      }
    }
  }

  @Test("Every ReLU rule, from the scores and from layers inside, agrees with OpenBLAS", arguments: ReLURule.allCases)
  func rules(rule: ReLURule) throws {
    let network = try Preset.cnnF64.network(classes: 10)
    for layer in ["fc8", "fc6", "drop7", "pool5", "conv4", "relu3", "norm2", "conv1"] {
      let expected = try Outcome.of(network, .inputGradient, .openblas, rule: rule, from: layer)
      let found = try Outcome.of(network, .inputGradient, .onednn, rule: rule, from: layer)
      found.compare(with: expected, scores: 1e-5, gradients: 1e-5, "\(rule) from \(layer)")
    }
  }

  @Test("Fewer pictures than the batch give what a plan of their number gives", arguments: oneDNNPrecisions)
  func partialBatches(precision: Precision) throws {
    let network = try Preset.cnnF64.network(classes: 10)
    // Kernels for another batch may sum in another order; bfloat16 rounds that to a last place now and then.
    let tolerance = precision == .float32 ? 1e-4 : 0.15
    for purpose in Purpose.allCases {
      for pictures in [1, 4] {
        let whole = try Outcome.of(network, purpose, .onednn, precision, .auto, pictures: pictures, batch: pictures)
        let part = try Outcome.of(network, purpose, .onednn, precision, .auto, pictures: pictures, batch: 5)
        part.compare(with: whole, scores: tolerance, gradients: tolerance, "\(purpose), \(pictures) of 5")
      }
    }
  }

  @Test("Any team gives the same to rounding, and the same team the same bits", arguments: [1, 2, 3, 5])
  func teams(workers: Int) throws {
    let network = try Preset.cnnF64.network(classes: 10)
    let expected = try Outcome.of(network, .training, .openblas, workers: 1)
    let found = try Outcome.of(network, .training, .onednn, .float32, .auto, workers: workers)
    found.compare(with: expected, scores: 1e-4, gradients: 1e-4, "\(workers) workers")
    let again = try Outcome.of(network, .training, .onednn, .float32, .auto, workers: workers)
    #expect(sameBits(found.scores, again.scores))
    for (a, b) in zip(found.gradients, again.gradients) { #expect(sameBits(a.values, b.values), "\(a.name)") }
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

  @Test("New values of the parameters count from the next forward pass on", arguments: oneDNNPrecisions)
  func revisions(precision: Precision) throws {
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
