import Attribution
import ConvNet
import Images

extension Reconstructor {
  /// The scores and the layer's activations of up to `batch` pictures' first crops.
  func forward(_ pictures: [TestPicture], mean: [Float]) throws -> (scores: Tensor, activations: Tensor) {
    try forward(pictures.count) { pictures[$0].input(pictures[$0].places[0], mean: mean) }
  }
}

extension Patch {
  /// Grey is zero; the 99.9 % quantile of |value| is black or white.
  var picture: Picture {
    let limit = SaliencyRendering.percentile(0.999, of: values.map(abs))
    return Picture(planes: values.map { limit > 0 ? 128 + 127 * $0 / limit : 128 }, shape: shape)
  }
}
