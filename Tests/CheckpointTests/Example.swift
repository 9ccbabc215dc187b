import ConvNet
import Foundation

@testable import Checkpoint

/// A small checkpoint, different for every seed.
struct Example {
  var contents: CheckpointContents
  let store: ParameterStore

  init(step: Int = 12_000, seed: UInt64 = 1, training: Bool = true) throws {
    let network = try Network(
      json: """
        {"name": "small", "input": [3, 12, 12], "layers": [
          {"name": "conv1", "type": "convolution", "filters": 5, "kernel": 3, "stride": 2, "padding": 0},
          {"name": "relu1", "type": "relu"},
          {"name": "fc2", "type": "fullyConnected", "outputs": 4}
        ]}
        """)
    contents = CheckpointContents(
      network: network,
      progress: TrainingProgress(
        step: step, epoch: 3, sample: step * 256,
        learningRate: LearningRateState(rate: 0.1 / 3, bestError: 0.4375, epochsSinceBest: 2, reductions: 1)),
      options: #"{"seed":1,"note":"größer"}"#,
      mean: (0..<(3 * 16 * 10)).map { Float($0) / 3 }, meanShape: Shape(channels: 3, height: 16, width: 10),
      classes: ["s00000001", "s00000002", "s00000003", "s00000004"],
      classNames: ["tench, Tinca tinca", "Wollhandkrabbe – groß", "金魚", ""])
    store = try ParameterStore(network, training: training)
    for parameter in store.parameters {
      for index in parameter.range {
        store.values[index..<(index + 1)][0] = Float(index) / 7 + Float(seed)
        if training { store.velocity[index..<(index + 1)][0] = -Float(index) / 11 - Float(seed) }
      }
    }
  }
}

extension FlatBuffer {
  var bits: [UInt32] { all.map(\.bitPattern) }
}
