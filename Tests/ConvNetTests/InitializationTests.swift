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
    let paper = try ParameterStore(try Preset.cnnF.network(classes: 50), training: false)
    for parameter in store.parameters where parameter.spec.role == .weights {
      let values = store.values[parameter.range].map(Double.init)
      let fanIn = Double(parameter.spec.fanIn)
      // Narrower layers than the paper's start wider, by the root of the ratio of their fan-ins.
      let paperFanIn = try #require(paper.parameter(parameter.layer, .weights)).spec.fanIn
      // He's rule is for pixels of deviation 1; the first layer gets them as they are.
      let pixels = parameter.layer == "conv1" ? Double(initialization.pixelDeviation) : 1
      let deviation =
        initialization == .gaussian ? 0.01 * (Double(paperFanIn) / fanIn).squareRoot() : (2 / fanIn).squareRoot() / pixels
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

  @Test("Names don't count: a preset with other names starts with the same bits", arguments: Initialization.allCases)
  func names(initialization: Initialization) throws {
    let preset = try filled(initialization)
    let layers = preset.network.layers.enumerated().map { Network.NamedLayer(name: "layer\($0)", layer: $1.layer) }
    let renamed = try ParameterStore(try Network(name: "renamed", input: preset.network.input, layers: layers), training: false)
    initialization.fill(renamed, seed: 31)
    #expect(sameBits(preset.values.all.map { $0 }, renamed.values.all.map { $0 }))
  }

  @Test("In a chain of other depth, convolutions count from the pictures and fully connected layers from the scores")
  func otherDepths() throws {
    let layers: [(String, AnyLayer)] = [
      ("a", .convolution(Convolution(filters: 2, kernel: 3))), ("b", .convolution(Convolution(filters: 2, kernel: 3))),
      ("c", .fullyConnected(FullyConnected(outputs: 3))), ("d", .fullyConnected(FullyConnected(outputs: 2))),
    ]
    let network = try Network(
      name: "small", input: Shape(channels: 3, height: 8, width: 8),
      layers: layers.map { Network.NamedLayer(name: $0.0, layer: $0.1) })
    let store = try ParameterStore(network, training: false)
    Initialization.gaussian.fill(store, seed: 1)
    let biases = store.parameters.filter { $0.spec.role == .biases }.map { store.values[$0.range][0] }
    #expect(biases == [0, 0.1, 0.1, 0])
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
