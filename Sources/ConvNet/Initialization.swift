/// How the weights start.
public enum Initialization: String, Sendable, Codable, CaseIterable {
  /// Weights N(0, 0.01), biases 0, but 0.1 in conv2, conv4, conv5, fc6 and fc7: for pixels of ±128.
  /// After cuda-convnet and Caffe, which start those biases at 1; here 1 gave a flat loss. The paper doesn't say.
  case gaussian
  /// Weights N(0, 2 / fan-in), biases 0 (He et al. 2015): only for pixels scaled to unit deviation; with ±128 it diverges.
  case he

  private static let raisedBiases: Set = ["conv2", "conv4", "conv5", "fc6", "fc7"]

  /// Fills the store's values; every parameter has a random stream of its own, so the same seed gives the same net.
  public func fill(_ store: ParameterStore, seed: UInt64) {
    for (index, parameter) in store.parameters.enumerated() {
      let values = store.values[parameter.range]
      switch parameter.spec.role {
      case .weights:
        let deviation = self == .he ? (2 / Float(parameter.spec.fanIn)).squareRoot() : 0.01
        var random = CounterRandom(seed: seed, purpose: .initialization, sample: index)
        for i in values.indices { values[i] = deviation * random.normal() }
      case .biases:
        let raised = self == .gaussian && Self.raisedBiases.contains(parameter.layer)
        values.update(repeating: raised ? 0.1 : 0)
      }
    }
    store.valuesChanged()
  }
}
