import ConvNet

extension NoisyCopies {
  /// The mean of the attributions of noisy copies: (1/n) Σ a(I + ε).
  ///
  /// Source: Smilkov et al. 2017, *SmoothGrad*, §3.
  static func smoothGrad(_ options: SaliencyMethodOptions, _ network: Network) throws -> Self {
    try Self(.smoothgrad, options, network)
  }
}
