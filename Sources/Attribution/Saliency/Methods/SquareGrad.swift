import ConvNet

extension NoisyCopies {
  /// The mean of the squared attributions of noisy copies: (1/n) Σ a(I + ε)².
  ///
  /// Source: Hooker et al. 2019, *A benchmark for interpretability methods in deep neural networks*, §4.1 (SmoothGrad-Squared).
  static func squareGrad(_ options: SaliencyMethodOptions, _ network: Network) throws -> Self {
    try Self(.squaregrad, options, network)
  }
}
