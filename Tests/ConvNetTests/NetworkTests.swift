import Foundation
import Testing

@testable import ConvNet

/// Whole nets as descriptions: shapes, sizes and JSON.
@Suite struct NetworkTests {
  @Test("CNN-F is the paper's net: 60,834,536 parameters and 0.724 G multiply-adds")
  func cnnF() throws {
    let network = try Preset.cnnF.network(classes: 1000)
    #expect(network.parameterCount == 60_834_536)
    #expect(network.multiplyAdds == 724_005_632)
    #expect(network.classCount == 1000)
    let store = try ParameterStore(network, training: false)
    for (layer, count) in [
      ("conv1", 23_296), ("conv2", 409_856), ("conv3", 590_080), ("conv4", 590_080), ("conv5", 590_080), ("fc6", 37_752_832),
      ("fc7", 16_781_312), ("fc8", 4_097_000),
    ] {
      #expect(store.parameters.filter { $0.layer == layer }.reduce(0) { $0 + $1.spec.count } == count, "\(layer)")
    }
  }

  @Test(
    "The presets' layers have the sides of their geometry",
    arguments: [
      (Preset.cnnF, [64, 256], [54, 27, 27, 13, 13, 6], 4096),
      (.cnnF128, [64, 192], [40, 20, 20, 10, 10, 5], 1024),
      (.cnnF64, [48, 128], [29, 14, 14, 7, 7, 3], 512),
    ])
  func presets(preset: Preset, filters: [Int], sides: [Int], units: Int) throws {
    let network = try preset.network(classes: 10)
    let layers = ["conv1", "pool1", "conv2", "pool2", "conv5", "pool5"]
    for (layer, (side, filters)) in zip(layers, zip(sides, [filters[0], filters[0]] + Array(repeating: filters[1], count: 4))) {
      let shape = network.shapes[try network.index(of: layer) + 1]
      #expect(shape == Shape(channels: filters, height: side, width: side), "\(preset.rawValue), \(layer)")
    }
    for layer in ["fc6", "fc7"] { #expect(network.shapes[try network.index(of: layer) + 1] == Shape(channels: units)) }
    #expect(network.shapes.last == Shape(channels: 10))
  }

  @Test("A network survives its JSON, and the same network gives the same text", arguments: Preset.allCases)
  func roundTrip(preset: Preset) throws {
    let network = try preset.network(classes: 37)
    let json = network.json()
    let again = try Network(json: json)
    #expect(again == network)
    #expect(again.json() == json)
  }

  @Test("A description written by hand is read")
  func byHand() throws {
    let network = try Network(
      json: """
        {"name": "mine", "input": [3, 9, 11], "layers": [
          {"name": "conv1", "type": "convolution", "filters": 4, "kernel": 3, "stride": 2, "padding": 1},
          {"name": "relu1", "type": "relu"},
          {"name": "norm1", "type": "localResponseNormalization", "size": 3, "k": 1, "alpha": 0.01, "beta": 0.5},
          {"name": "pool1", "type": "maxPooling", "window": 2, "stride": 2},
          {"name": "drop", "type": "dropout", "probability": 0.25},
          {"name": "fc", "type": "fullyConnected", "outputs": 5}
        ]}
        """)
    #expect(
      network.shapes.map(\.description) == ["[3, 9, 11]", "[4, 5, 6]", "[4, 5, 6]", "[4, 5, 6]", "[4, 3, 3]", "[4, 3, 3]", "[5]"])
    #expect(network.parameterCount == 4 * 3 * 9 + 4 + 36 * 5 + 5)
    #expect(network.layers[4].layer == .dropout(Dropout(probability: 0.25)))
  }

  @Test("The description in the documentation is cnn-f-64 without its dropout")
  func documented() throws {
    let file = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../docs/thousand-classes.json").standardized
    let network = try Network(json: String(contentsOf: file, encoding: .utf8))
    let preset = try Preset.cnnF64.network(classes: 1000)
    #expect(network.input == preset.input && network.layers == preset.layers.filter { $0.layer != .dropout(Dropout()) })
  }

  @Test("Parameters lie on 64-byte boundaries, in the order of the layers, weights first")
  func flatLayout() throws {
    let store = try ParameterStore(try Preset.cnnF64.network(classes: 7), training: false)
    #expect(store.parameters.prefix(3).map(\.name) == ["conv1/weights", "conv1/biases", "conv2/weights"])
    var end = 0
    for parameter in store.parameters {
      #expect(parameter.range.lowerBound % 16 == 0 && parameter.range.lowerBound - end < 16 && parameter.range.lowerBound >= end)
      #expect(parameter.range.count == parameter.spec.count)
      end = parameter.range.upperBound
    }
    #expect(Int(bitPattern: store.values.pointer) % 4096 == 0)
    #expect(store.range(ofLayer: "relu1").isEmpty)
  }
}
