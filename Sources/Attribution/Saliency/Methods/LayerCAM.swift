import ConvNet

extension ClassActivationMap {
  /// r_k = ReLU(∂S_c/∂A_k) ⊙ A_k, which also gives maps of lower layers (`--layer`).
  ///
  /// Source: Jiang et al. 2021, *LayerCAM*, §III.B, equations 6 to 8.
  static func layerCAM(_ options: SaliencyMethodOptions, _ network: Network) throws -> Self {
    try Self("layer-cam", options, network) { gradient, activation in { max(gradient[$0], 0) * activation[$0] } }
  }
}
