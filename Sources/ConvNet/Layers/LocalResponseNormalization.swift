/// Normalisation across channels: `y[c] = x[c] / (k + alpha · Σ x[c′]²)^beta`. The sum is over `size` neighbouring channels
/// around c, as far as they exist.
///
/// `alpha` is the factor of each term. Caffe writes the same net with alpha 5e-4, because it divides alpha by the size.
/// Source: Krizhevsky et al. 2012 §3.3.
public struct LocalResponseNormalization: Layer {
  public let size: Int
  public let k: Float
  public let alpha: Float
  public let beta: Float

  /// The largest value of k, alpha and beta.
  static let largestConstant: Float = 1e6

  public init(size: Int = 5, k: Float = 2, alpha: Float = 1e-4, beta: Float = 0.75) {
    self.size = size
    self.k = k
    self.alpha = alpha
    self.beta = beta
  }

  public func outputShape(for input: Shape) throws(NetworkError) -> Shape {
    guard size > 0, size % 2 == 1, k > 0, alpha >= 0, beta > 0 else {
      throw NetworkError("size \(size) must be odd, k \(k) and beta \(beta) positive, alpha \(alpha) not negative")
    }
    // Infinity and NaN don't pass these comparisons.
    guard size <= Shape.largestSide, max(k, alpha, beta) <= Self.largestConstant else {
      throw NetworkError(
        "size \(size), k \(k), alpha \(alpha) or beta \(beta) is beyond all measure: at most a size of \(Shape.largestSide), "
          + "the others \(Self.largestConstant)")
    }
    return input
  }
}
