import ConvNet

/// How much each pixel of a picture matters for the score of a class.
public struct SaliencyMap: Sendable {
  /// The class whose score was explained.
  public let classIndex: Int
  /// S_c of the picture.
  public let score: Float
  public let posterior: Float
  /// The strongest classes, strongest first.
  public let topClasses: [RankedClass]
  /// `[H, W]`, the raw values.
  public let map: [Float]
}

/// M[i, j] = max over channels c of |w[c, i, j]|; with one channel that is |w| (§3.1).
///
/// - Parameter gradient: w = ∂S_c/∂I, `[C, H, W]`.
/// - Returns: `[H, W]`.
public func saliency(of gradient: UnsafeMutableBufferPointer<Float>, shape: Shape) -> [Float] {
  precondition(gradient.count == shape.count, "\(gradient.count) values are not \(shape)")
  var map = [Float](repeating: 0, count: shape.area)
  for channel in 0..<shape.channels {
    let plane = channel * shape.area
    for i in 0..<shape.area { map[i] = max(map[i], abs(gradient[plane + i])) }
  }
  return map
}

/// Class saliency maps of pictures, a batch at a time: w = ∂S_c/∂I at the picture, by one backward pass.
///
/// The ReLU rule makes of the same pass a DeconvNet or guided back-propagation (§4).
/// Source: Simonyan et al. 2013 §3.1.
public final class SaliencyMapper {
  private let plan: Plan
  private let rule: ReLURule
  private let scoreGradient: Tensor

  public init(
    _ parameters: ParameterStore, rule: ReLURule = .gradient, batch: Int, compute: ComputeSettings = ComputeSettings()
  ) {
    let network = parameters.network
    plan = Plan(parameters, batch: batch, purpose: .inputGradient, compute: compute)
    self.rule = rule
    scoreGradient = Tensor(count: batch, shape: network.shapes[network.shapes.count - 1])
  }

  /// The maps of up to `batch` pictures.
  ///
  /// - Parameters:
  ///   - images: `[N, 3, H, W]`, RGB 0–255 with the mean subtracted.
  ///   - classes: the class to explain in each picture; nil is the one of highest score.
  public func maps(of images: Tensor, classes: [Int?]) -> [SaliencyMap] {
    precondition(images.count == classes.count, "\(images.count) pictures and \(classes.count) classes")
    let scores = plan.forward(images)
    let tops = (0..<images.count).map { RankedClass.top(5, of: scores[$0]) }
    let chosen = classes.indices.map { classes[$0] ?? tops[$0][0].index }
    scoreGradient.storage.fill(with: 0)
    for (slot, index) in chosen.enumerated() { scoreGradient[slot][index] = 1 }
    plan.backward(from: scoreGradient.prefix(images.count), rule: rule) { _ in }
    let gradients = plan.inputGradient
    return chosen.indices.map { slot in
      SaliencyMap(
        classIndex: chosen[slot], score: scores[slot][chosen[slot]], posterior: posteriors(scores[slot])[chosen[slot]],
        topClasses: tops[slot], map: saliency(of: gradients[slot], shape: images.shape))
    }
  }
}
