import ConvNet

extension ClassActivationMap {
  /// r_k = α_k A_k, with α_k the mean of ∂S_c/∂A_k over the positions.
  ///
  /// Source: Selvaraju et al. 2017, *Grad-CAM*, §3, equations 1 and 2.
  static func gradCAM(_ options: SaliencyMethodOptions, _ network: Network) throws -> Self {
    try Self("grad-cam", options, network) { gradient, activation in
      let weight = gradient.reduce(0, +) / Float(gradient.count)
      return { weight * activation[$0] }
    }
  }
}
