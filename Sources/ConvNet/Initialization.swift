import Random

/// How parameters are set before training.
public enum Initialization: String, Sendable, Codable, CaseIterable {
  /// Weights are drawn from N(0, 0.01²); biases are 0, but 0.1 in conv2, conv4, conv5, fc6 and fc7. For pixels of ±128.
  /// Cuda-convnet and Caffe start those biases at 1; here 1 gave a loss that didn't fall. The paper doesn't say.
  ///
  /// A layer that is narrower than the paper's layer of the same name starts with a deviation of 0.01 · √(fan-in there / fan-in
  /// here), so that its signals are as strong as in the paper's net. With 0.01 throughout, the small presets don't start to
  /// learn.
  case gaussian
  /// Weights are drawn from N(0, 2 / fan-in), biases are 0 (He et al. 2015). This is meant for pixels of unit deviation; with
  /// pixels of ±128 training diverges. Pixels enter every network as they are, so the first layer starts with its weights divided
  /// by `pixelDeviation`, and `SGD` updates them to match.
  case he

  /// The deviation σ that the first layer takes pixels (RGB 0–255) to have; 1 if it takes them as they are. **[ours]** 58: the
  /// deviation of ImageNet's pixels.
  public var pixelDeviation: Float { self == .he ? 58 : 1 }

  private static let raisedBiases: Set = ["conv2", "conv4", "conv5", "fc6", "fc7"]

  /// Fills the store's values. Every parameter has its own random stream, so that the same seed gives the same net.
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
