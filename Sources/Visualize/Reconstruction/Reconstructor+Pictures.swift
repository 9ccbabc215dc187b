import Attribution
import ConvNet
import Images

extension Reconstructor {
  /// Computes the scores and the layer's activations for the first crops of up to `batch` pictures.
  func forward(_ pictures: [TestPicture], mean: [Float]) throws -> (scores: Tensor, activations: Tensor) {
    try forward(pictures.count) { pictures[$0].input(pictures[$0].places[0], mean: mean) }
  }
}

extension Patch {
  /// The patch as a picture: zero is grey, and the 99.9 % quantile of |value| is black or white.
  var picture: Picture {
    let limit = SaliencyRendering.percentile(0.999, of: values.map(abs))
    return Picture(planes: values.map { limit > 0 ? 128 + 127 * $0 / limit : 128 }, shape: shape)
  }
}
