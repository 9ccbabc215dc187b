import ConvNet

extension NoisyCopies {
  /// The variance of the attributions of noisy copies: (1/n) Σ (a(I + ε) − mean)².
  ///
  /// Source: Adebayo et al. 2018, *Local explanation methods for deep neural networks lack sensitivity to parameter values*, §2.
  static func varGrad(_ options: SaliencyMethodOptions, _ network: Network) throws -> Self {
    try Self(.vargrad, options, network)
  }
}
