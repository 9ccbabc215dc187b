/// The type of activations, weights and signals inside a plan. Parameters, their gradients, scores and losses are always
/// float32.
public enum Precision: String, Sendable, Codable, CaseIterable {
  case float32
  /// 8 bits of exponent, 8 of significand: faster where the processor has instructions for it (docs/performance.md).
  case bfloat16
}

/// How 3×3 convolutions, and those that can be written as such, are computed in float32.
public enum ConvolutionAlgorithm: String, Sendable, Codable, CaseIterable {
  /// Winograd where the backend has it, direct elsewhere.
  case auto
  /// The sum as it is written.
  case direct
  /// Winograd's F(4×4, 3×3): a quarter of the multiplications, a little more rounding.
  /// Source: Lavin and Gray, *Fast Algorithms for Convolutional Neural Networks*, 2015.
  case winograd
}
