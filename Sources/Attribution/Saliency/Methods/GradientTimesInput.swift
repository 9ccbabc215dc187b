import ConvNet
import Files

/// w · I per channel: what each pixel contributes to the score, to first order. I is the picture minus the mean.
///
/// Source: Shrikumar et al. 2016, *Not Just a Black Box*.
struct GradientTimesInput: SaliencyMethod {
  var parameters: [String: ParameterValue] { ["method": .text("gradient-x-input")] }

  func attributions(of pictures: ClassPictures, by score: ScoreFunction) throws -> Attributions {
    let gradients = score.gradients(classes: pictures.classes)
    let products = try Tensor(count: gradients.count, shape: gradients.shape)
    let (product, gradient, image) = (products.values, gradients.values, pictures.images.values)
    for i in product.indices { product[i] = gradient[i] * image[i] }
    return Attributions(.channels, products)
  }
}
