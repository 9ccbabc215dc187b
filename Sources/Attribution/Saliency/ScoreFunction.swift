import ConvNet

/// The class scores S as a function of the picture, with its derivatives: what saliency methods compute with.
///
/// A forward pass, then any number of backward passes from it. Results are valid until the next call.
public final class ScoreFunction {
  /// The most pictures a call may bring.
  public let batch: Int
  private let plan: Plan
  /// ∂S_c/∂S: one 1 a picture.
  private let seed: Tensor
  private let progress: () -> Void
  /// Forward passes that were made, by which a caller sees whether the last one is still its own.
  package private(set) var passes = 0

  public var network: Network { plan.network }

  /// - Parameters:
  ///   - batch: the most pictures a call may bring.
  ///   - progress: called before every forward pass: some methods make thousands of them for one picture.
  public init(
    _ parameters: ParameterStore, batch: Int, compute: ComputeSettings = ComputeSettings(), progress: @escaping () -> Void = {}
  ) throws {
    self.batch = batch
    self.progress = progress
    plan = try Plan(parameters, batch: batch, purpose: .inputGradient, compute: compute)
    seed = try Tensor(count: batch, shape: plan.network.shapes[plan.network.shapes.count - 1])
  }

  /// S of up to `batch` pictures: `[N, K]`, before any softmax.
  ///
  /// - Parameter images: `[N, 3, H, W]`, RGB 0–255 with the mean subtracted.
  public func scores(of images: Tensor) -> Tensor {
    progress()
    passes += 1
    return plan.forward(images)
  }

  /// S_c of each picture, for a class each.
  public func scores(of images: Tensor, classes: [Int]) -> [Float] {
    let scores = scores(of: images)
    return classes.indices.map { scores[$0][classes[$0]] }
  }

  /// ∂S_c/∂I of the pictures of the last forward pass, for a class each: `[N, 3, H, W]`.
  public func gradients(classes: [Int], rule: ReLURule = .gradient) -> Tensor {
    plan.backward(from: seeded(classes), rule: rule)
    return plan.inputGradient
  }

  /// ∂S_c/∂A by the activations A of a layer, as in `gradients(classes:rule:)`: `[N, C, h, w]`.
  ///
  /// - Throws: `NetworkError` when there is no such layer.
  public func gradients(classes: [Int], at layer: String) throws -> Tensor {
    try plan.gradient(at: layer, from: seeded(classes))
  }

  /// The activations of a layer in the last forward pass: `[N, C, h, w]`; see `Plan.activation(of:)`.
  ///
  /// - Throws: `NetworkError` when there is no such layer.
  public func activations(of layer: String) throws -> Tensor { try plan.activation(of: layer) }

  /// ∂objective/∂I of the pictures of the last forward pass, from a layer inside: `[N, 3, H, W]`.
  ///
  /// - Parameter gradient: ∂objective/∂A, `[N, C, h, w]`.
  /// - Throws: `NetworkError` when there is no such layer.
  public func gradients(from layer: String, _ gradient: Tensor, rule: ReLURule) throws -> Tensor {
    try plan.backward(from: layer, gradient: gradient, rule: rule)
    return plan.inputGradient
  }

  private func seeded(_ classes: [Int]) -> Tensor {
    seed.storage.fill(with: 0)
    for (slot, index) in classes.enumerated() { seed[slot][index] = 1 }
    return seed.prefix(classes.count)
  }
}
