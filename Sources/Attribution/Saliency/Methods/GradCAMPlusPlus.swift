import ConvNet

extension ClassActivationMap {
  /// r_k = w_k A_k, with w_k = Σ α ReLU(g) over the positions, g = ∂S_c/∂A_k, and α = g² / (2g² + g³ Σ A_k), which is 1 / (2 + g Σ A_k).
  ///
  /// The paper's Y is exp(S_c), whose derivatives are exp(S_c) g, exp(S_c) g² and exp(S_c) g³; the factor exp(S_c), which is common to
  /// all of a picture's map, is left out. Source: Chattopadhyay et al. 2018, *Grad-CAM++*, §3.2, equations 16 and 19.
  static func gradCAMPlusPlus(_ options: SaliencyMethodOptions, _ network: Network) throws -> Self {
    try Self("grad-cam++", options, network) { gradient, activation in
      let sum = activation.reduce(0, +)
      let weight = gradient.reduce(0) { $1 > 0 ? $0 + $1 / (2 + $1 * sum) : $0 }
      return { weight * activation[$0] }
    }
  }
}
