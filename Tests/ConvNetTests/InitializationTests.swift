import Testing

@testable import ConvNet

@Suite struct InitializationTests {
  private func filled(_ initialization: Initialization, seed: UInt64 = 31) throws -> ParameterStore {
    let store = try ParameterStore(try Preset.cnnF64.network(classes: 50), training: false)
    initialization.fill(store, seed: seed)
    return store
  }

  @Test("Weights have mean 0 and the deviation of their rule", arguments: Initialization.allCases)
  func weights(initialization: Initialization) throws {
    let store = try filled(initialization)
    for parameter in store.parameters where parameter.spec.role == .weights {
      let values = store.values[parameter.range].map(Double.init)
      let fanIn = Double(parameter.spec.fanIn)
      // Narrower layers than the paper's start wider, by the root of the ratio of their fan-ins.
      let paper = try #require(ParameterStore.specs(of: Preset.cnnF.network(classes: 50))[parameter.name])
      // He's rule is for pixels of deviation 1; the first layer gets them as they are.
      let pixels = parameter.layer == "conv1" ? Double(initialization.pixelDeviation) : 1
      let deviation =
        initialization == .he ? (2 / fanIn).squareRoot() / pixels : 0.01 * (Double(paper.fanIn) / fanIn).squareRoot()
      let count = Double(values.count)
      let mean = values.reduce(0, +) / count
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
      // Five standard errors of a mean, σ/√n, and of a variance, σ²·√(2/n).
      #expect(abs(mean) <= 5 * deviation / count.squareRoot(), "\(parameter.name), seed 31")
      #expect(abs(variance / (deviation * deviation) - 1) <= 5 * (2 / count).squareRoot(), "\(parameter.name), seed 31")
    }
  }

  @Test("Biases are 0.1 in conv2, conv4, conv5, fc6 and fc7 under the Gaussian rule, and 0 elsewhere")
  func biases() throws {
    for initialization in Initialization.allCases {
      let store = try filled(initialization)
      for parameter in store.parameters where parameter.spec.role == .biases {
        let raised = initialization == .gaussian && ["conv2", "conv4", "conv5", "fc6", "fc7"].contains(parameter.layer)
        #expect(store.values[parameter.range].allSatisfy { $0 == (raised ? 0.1 : 0) }, "\(parameter.name)")
      }
    }
  }

  @Test("The seed alone decides, no two layers are alike, and plans are told")
  func seeds() throws {
    let first = try filled(.gaussian)
    let (again, other) = (try filled(.gaussian), try filled(.gaussian, seed: 32))
    #expect(sameBits(first.values.all.map { $0 }, again.values.all.map { $0 }))
    #expect(!sameBits(first.values.all.map { $0 }, other.values.all.map { $0 }))
    let starts = first.parameters.filter { $0.spec.role == .weights }.map { Array(first.values[$0.range].prefix(8)) }
    #expect(Set(starts).count == starts.count)
    #expect(first.revision > 0)
  }
}
