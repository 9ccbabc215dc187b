/// The number format of activations, weights and signals inside a plan. Parameters, their gradients, scores and losses are always
/// float32.
public enum Precision: String, Sendable, Codable, CaseIterable {
  case float32
  /// 8 bits of exponent and 8 of significand. Faster if the processor has instructions for it (docs/performance.md).
  case bfloat16
}

/// How 3×3 convolutions, and those that can be rewritten as 3×3, are computed.
public enum ConvolutionAlgorithm: String, Sendable, Codable, CaseIterable {
  /// Winograd where it is faster, otherwise direct.
  case auto
  /// The sum as the formula says.
  case direct
  /// Winograd's F(4×4, 3×3): a quarter of the multiplications, and larger rounding errors.
  /// Source: Lavin and Gray, *Fast Algorithms for Convolutional Neural Networks*, 2015.
  case winograd
}
