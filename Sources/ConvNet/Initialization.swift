import Random

/// How the weights start.
public enum Initialization: String, Sendable, Codable, CaseIterable {
  /// Weights N(0, 0.01), biases 0, but 0.1 in conv2, conv4, conv5, fc6 and fc7: for pixels of ±128.
  /// After cuda-convnet and Caffe, which start those biases at 1; here 1 gave a flat loss. The paper doesn't say.
  ///
  /// A layer narrower than the paper's of the same name starts with a deviation of 0.01 · √(fan-in there / fan-in here): its
  /// signals are then as strong as in the paper's net. With 0.01 throughout, the small presets don't start to learn.
  case gaussian
  /// Weights N(0, 2 / fan-in), biases 0 (He et al. 2015), for pixels scaled to unit deviation; with ±128 it diverges. Pixels enter
  /// every network as they are, so the first layer starts with the weights divided by `pixelDeviation`, and `SGD` updates it to match.
  case he

  /// The deviation σ that the first layer takes pixels to have, RGB 0–255; 1 for as they are. **[ours]** 58: that of ImageNet.
  public var pixelDeviation: Float { self == .he ? 58 : 1 }

  private static let raisedBiases: Set = ["conv2", "conv4", "conv5", "fc6", "fc7"]

  /// Fills the store's values; every parameter has a random stream of its own, so the same seed gives the same net.
  public func fill(_ store: ParameterStore, seed: UInt64) {
    let paper = ParameterStore.specs(of: try? Preset.cnnF.network(classes: 1000))
    for (index, parameter) in store.parameters.enumerated() {
      let values = store.values[parameter.range]
      switch parameter.spec.role {
      case .weights:
        let fanIn = parameter.spec.fanIn
        let paperFanIn = max(paper[parameter.name]?.fanIn ?? fanIn, fanIn)
        let deviation =
          self == .he ? (2 / Float(fanIn)).squareRoot() : 0.01 * (Float(paperFanIn) / Float(fanIn)).squareRoot()
        var random = CounterRandom(seed: seed, purpose: .initialization, sample: index)
        let scale = index == 0 ? deviation / pixelDeviation : deviation
        for i in values.indices { values[i] = scale * random.normal() }
      case .biases:
        let raised = self == .gaussian && Self.raisedBiases.contains(parameter.layer)
        values.update(repeating: raised ? 0.1 : 0)
      }
    }
    store.valuesChanged()
  }
}
