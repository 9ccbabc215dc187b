import ConvNet
import Files

/// A map made of the activations A of a layer and G = ∂S_c/∂A: ReLU(Σ_k r_k), where the rule r of a method gives one value per
/// position of each channel k. The result is enlarged to the picture (bilinear, pixel centres aligned). By default the layer is
/// the last convolution, after its ReLU.
struct ClassActivationMap: SaliencyMethod {
  /// Gives r_k of a channel at position i, from G_k and A_k.
  typealias Rule = @Sendable (_ gradient: [Float], _ activation: [Float]) -> (_ i: Int) -> Float

  let name: String
  let layer: String
  let rule: Rule

  init(_ name: String, _ options: SaliencyMethodOptions, _ network: Network, rule: @escaping Rule) throws {
    self.name = name
    layer = try Self.layer(options, network, of: name)
    self.rule = rule
  }

  /// The layer of the options, or the last convolution.
  /// - Throws: `AttributionError` if it has no positions, `NetworkError` if there is no such layer.
  static func layer(_ options: SaliencyMethodOptions, _ network: Network, of method: String) throws -> String {
    let convolutions = network.layers.filter { if case .convolution = $0.layer { true } else { false } }
    guard let layer = options.layer ?? convolutions.last?.name else {
      throw AttributionError("\(method) needs a layer with positions, and \(network.name) has no convolution")
    }
    guard network.shapes[try network.index(of: layer) + 1].area > 1 else {
      throw AttributionError("--layer \(layer) has no positions; choose one such as \(convolutions.last?.name ?? "conv5")")
    }
    return layer
  }

  var parameters: [String: ParameterValue] { ["method": .text(name), "layer": .text(layer)] }

  func attributions(of pictures: ClassPictures, by score: ScoreFunction) throws -> Attributions {
    let gradients = try score.gradients(classes: pictures.classes, at: layer)
    let activations = try score.activations(of: layer)
    let (shape, input) = (activations.shape, pictures.images.shape)
    let result = try Tensor(count: activations.count, shape: Shape(channels: 1, height: input.height, width: input.width))
    for slot in 0..<activations.count {
      var coarse = [Float](repeating: 0, count: shape.area)
      for channel in 0..<shape.channels {
        let plane = (channel * shape.area)..<((channel + 1) * shape.area)
        let value = rule(Array(gradients[slot][plane]), Array(activations[slot][plane]))
        for i in coarse.indices { coarse[i] += value(i) }
      }
      _ = result[slot].update(fromContentsOf: enlarged(coarse.map { max($0, 0) }, shape, to: input))
    }
    return Attributions(.pixels, result)
  }
}
