import ConvNet

/// Makes the samples of one class differ: the mean cosine between the Gram matrices of their activations is lowered.
///
/// With A `[C, N]` the activations of a layer for one sample, and G = A·Aᵀ: D = − mean over pairs of ⟨Gᵢ, Gⱼ⟩ / (‖Gᵢ‖·‖Gⱼ‖).
/// Source: Olah et al. 2017, *Feature Visualization*, on diversity.
struct Diversity: Sendable {
  let layer: String
  /// The size of the gradient of D relative to that of the objective.
  let weight: Float

  /// Writes ∂D/∂A of each sample, up to a factor that all samples share.
  ///
  /// - Parameters:
  ///   - gradients: per sample `[C, H, W]`; overwritten.
  ///   - activations: per sample `[C, H, W]`.
  func seed(
    _ gradients: [UnsafeMutableBufferPointer<Float>], activations: [UnsafeMutableBufferPointer<Float>], shape: Shape
  ) {
    let (channels, area) = (shape.channels, shape.area)
    var norms: [Float] = []
    let grams = activations.map { values in
      let matrix = Matrix(values.baseAddress!, channels, area)
      var gram = [Float](repeating: 0, count: channels * channels)
      gram.withUnsafeMutableBufferPointer {
        multiply(matrix, matrix.transpose, into: $0.baseAddress!)
        norms.append(max(rootMeanSquare($0), .leastNormalMagnitude))
      }
      return gram
    }
    let pairs = Float(max(grams.count * (grams.count - 1) / 2, 1))
    for (i, gradient) in gradients.enumerated() {
      // ∂D/∂Gᵢ = − Σⱼ (Gⱼ/‖Gⱼ‖ − cos·Gᵢ/‖Gᵢ‖) / ‖Gᵢ‖, up to a factor that all samples share; ∂D/∂A = 2·∂D/∂G·A.
      var change = [Float](repeating: 0, count: channels * channels)
      for j in grams.indices where j != i {
        var cosine = 0.0
        for k in change.indices { cosine += Double(grams[i][k] / norms[i]) * Double(grams[j][k] / norms[j]) }
        let alike = Float(cosine / Double(change.count))
        for k in change.indices {
          change[k] -= 2 * (grams[j][k] / norms[j] - alike * grams[i][k] / norms[i]) / (norms[i] * pairs)
        }
      }
      change.withUnsafeBufferPointer {
        multiply(
          Matrix($0.baseAddress!, channels, channels), Matrix(activations[i].baseAddress!, channels, area),
          into: gradient.baseAddress!)
      }
    }
  }
}
