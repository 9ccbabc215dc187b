import ConvNet
import Files

/// The guided back-propagation times the enlarged Grad-CAM of a layer, per channel of the picture.
///
/// Source: Selvaraju et al. 2017, *Grad-CAM*, §3.2.
struct GuidedGradCAM: SaliencyMethod {
  let map: ClassActivationMap

  init(_ options: SaliencyMethodOptions, _ network: Network) throws { map = try .gradCAM(options, network) }

  var parameters: [String: ParameterValue] { ["method": .text("guided-grad-cam"), "layer": .text(map.layer)] }

  func attributions(of pictures: ClassPictures, by score: ScoreFunction) throws -> Attributions {
    let coarse = try map.attributions(of: pictures, by: score).values
    let guided = score.gradients(classes: pictures.classes, rule: .guided)
    let products = try Tensor(count: guided.count, shape: guided.shape)
    for slot in 0..<guided.count {
      let (product, signal, weight) = (products[slot], guided[slot], coarse[slot])
      for i in product.indices { product[i] = signal[i] * weight[i % guided.shape.area] }
    }
    return Attributions(.channels, products)
  }
}
