import ConvNet
import Files

/// Layer-wise relevance propagation of S_c by the composite ε-γ-box: the rule z^B in a convolution on the pixels, γ = 0.25 in the other
/// convolutions, ε = 10⁻⁶ in fully connected layers. The map is the sum over the channels of the picture.
///
/// Local response normalisation hands its relevance down unchanged, as ReLU and dropout do; max pooling hands it to the greatest value.
/// Pixels lie between 0 and 255 before the mean is subtracted.
/// Source: Bach et al. 2015; Montavon et al. 2019 §10.3 (the composite); Anders et al. 2021 (Zennit's `EpsilonGammaBox`).
struct LRP: SaliencyMethod {
  static let gamma: Float = 0.25
  let box: RelevanceRule

  init(_ options: SaliencyMethodOptions, _ network: Network) throws {
    let mean = options.mean ?? [Float](repeating: 127.5, count: network.input.count)
    guard mean.count == network.input.count else {
      throw AttributionError("the mean picture has \(mean.count) values, the network takes \(network.input)")
    }
    box = .box(low: mean.map { -$0 }, high: mean.map { 255 - $0 })
  }

  var parameters: [String: ParameterValue] {
    [
      "method": .text("lrp"), "composite": .text("epsilon-gamma-box"), "gamma": .number(Self.gamma),
      "epsilon": .number(RelevanceRule.epsilon.stabiliser),
    ]
  }

  func attributions(of pictures: ClassPictures, by score: ScoreFunction) throws -> Attributions {
    let (layers, shape) = (score.network.layers, pictures.images.shape)
    let seed = score.seeded(pictures.classes)
    for (slot, index) in pictures.classes.enumerated() { seed[slot][index] = pictures.scores[slot] }
    let relevance = try score.relevance(seed, from: layers.count - 1, to: 0, images: pictures.images) { index in
      guard case .convolution = layers[index].layer else { return .epsilon }
      return index == 0 ? box : .gamma(Self.gamma)
    }
    let result = try Tensor(count: relevance.count, shape: Shape(channels: 1, height: shape.height, width: shape.width))
    for slot in 0..<relevance.count { addChannels(relevance[slot], to: result[slot]) }
    return Attributions(.pixels, result)
  }
}

/// Adds each channel of `[C, H, W]` to `[H, W]`.
func addChannels(_ values: UnsafeMutableBufferPointer<Float>, to sums: UnsafeMutableBufferPointer<Float>) {
  for i in values.indices { sums[i % sums.count] += values[i] }
}
