import ConvNet
import Files

/// Contrastive excitation backprop: the marginal winning probabilities of the class, less those of its dual unit (the negated weights)
/// below the last layer, are handed down to a layer. The map is ReLU(Σ over the channels), enlarged to the picture (bilinear, pixel
/// centres aligned). By default the layer is the last convolution.
///
/// Local response normalisation hands its signal down unchanged, as in the authors' Caffe. Source: Zhang et al. 2016, *Top-down neural
/// attention by excitation backprop*, §3.2 and §3.3; TorchRay.
struct ContrastiveExcitation: SaliencyMethod {
  let layer: String

  init(_ options: SaliencyMethodOptions, _ network: Network) throws {
    layer = try ClassActivationMap.layer(options, network, of: "contrastive-excitation")
  }

  var parameters: [String: ParameterValue] { ["method": .text("contrastive-excitation"), "layer": .text(layer)] }

  func attributions(of pictures: ClassPictures, by score: ScoreFunction) throws -> Attributions {
    let (images, network, seed) = (pictures.images, score.network, score.seeded(pictures.classes))
    let bottom = try network.index(of: layer) + 1
    let classifier = network.layers.lastIndex {
      switch $0.layer {
      case .convolution, .fullyConnected: true
      default: false
      }
    }
    guard let top = classifier, top >= bottom else {
      throw AttributionError("--layer \(layer): contrastive-excitation needs a layer below the classifier")
    }
    func below(_ rule: RelevanceRule) throws -> Tensor {
      try score.relevance(seed, from: network.layers.count - 1, to: top, images: images) { _ in rule }
    }
    let (own, dual) = (try below(.excitation()), try below(.excitation(sign: -1)))
    for i in own.values.indices { own.values[i] -= dual.values[i] }
    let relevance = try score.relevance(own, from: top - 1, to: bottom, images: images) { _ in .excitation() }
    let shape = relevance.shape
    let result = try Tensor(
      count: images.count, shape: Shape(channels: 1, height: images.shape.height, width: images.shape.width))
    for slot in 0..<images.count {
      var coarse = [Float](repeating: 0, count: shape.area)
      coarse.withUnsafeMutableBufferPointer { addChannels(relevance[slot], to: $0) }
      _ = result[slot].update(fromContentsOf: enlarged(coarse.map { max($0, 0) }, shape, to: images.shape))
    }
    return Attributions(.pixels, result)
  }
}
