import ConvNet
import Files

/// ReLU(Σ_k α_k A_k) over the channels k of a layer's activations A, with α_k the mean of ∂S_c/∂A_k over the positions. The
/// result is enlarged to the picture (bilinear, pixel centres aligned). By default the layer is the last convolution, after its
/// ReLU.
///
/// Source: Selvaraju et al. 2017.
struct GradCAM: SaliencyMethod {
  let layer: String

  init(_ options: SaliencyMethodOptions, _ network: Network) throws {
    let convolutions = network.layers.filter { if case .convolution = $0.layer { true } else { false } }
    guard let layer = options.layer ?? convolutions.last?.name else {
      throw AttributionError("Grad-CAM needs a layer with positions, and \(network.name) has no convolution")
    }
    guard network.shapes[try network.index(of: layer) + 1].area > 1 else {
      throw AttributionError("--layer \(layer) has no positions; choose one such as \(convolutions.last?.name ?? "conv5")")
    }
    self.layer = layer
  }

  var parameters: [String: ParameterValue] { ["method": .text("grad-cam"), "layer": .text(layer)] }

  func attributions(of pictures: ClassPictures, by score: ScoreFunction) throws -> Attributions {
    let gradients = try score.gradients(classes: pictures.classes, at: layer)
    let activations = try score.activations(of: layer)
    let (shape, input) = (activations.shape, pictures.images.shape)
    let result = try Tensor(count: activations.count, shape: Shape(channels: 1, height: input.height, width: input.width))
    for slot in 0..<activations.count {
      let (gradient, activation) = (gradients[slot], activations[slot])
      var coarse = [Float](repeating: 0, count: shape.area)
      for channel in 0..<shape.channels {
        let plane = (channel * shape.area)..<((channel + 1) * shape.area)
        let weight = gradient[plane].reduce(0, +) / Float(shape.area)
        for i in 0..<shape.area { coarse[i] += weight * activation[plane.lowerBound + i] }
      }
      enlarge(coarse.map { max($0, 0) }, shape, to: result[slot], input)
    }
    return Attributions(.pixels, result)
  }

  /// Enlarges bilinearly, with the border repeated outwards.
  private func enlarge(_ source: [Float], _ from: Shape, to target: UnsafeMutableBufferPointer<Float>, _ to: Shape) {
    /// The two input positions that an output position lies between, and the weight of the second.
    func places(_ output: Int, _ input: Int) -> [(Int, Int, Float)] {
      (0..<output).map { place in
        let centre = max((Float(place) + 0.5) * Float(input) / Float(output) - 0.5, 0)
        let first = min(Int(centre), input - 1)
        return (first, min(first + 1, input - 1), centre - Float(first))
      }
    }
    let columns = places(to.width, from.width)
    for (y, row) in places(to.height, from.height).enumerated() {
      for (x, column) in columns.enumerated() {
        func mix(_ line: Int) -> Float {
          let (left, right) = (source[line * from.width + column.0], source[line * from.width + column.1])
          return left + (right - left) * column.2
        }
        let upper = mix(row.0)
        target[y * to.width + x] = upper + (mix(row.1) - upper) * row.2
      }
    }
  }
}
