import ConvNet

/// The class scores S as a function of the picture, with derivatives, for saliency methods.
///
/// Any number of backward passes may follow a forward pass. Results are valid until the next call.
public final class ScoreFunction {
  /// The most pictures per call.
  public let batch: Int
  private let plan: Plan
  /// ∂S_c/∂S: a single 1 per picture.
  private let seed: Tensor
  private let compute: ComputeSettings
  private let progress: () -> Void
  /// The layers that hand relevance down, by index and rule, and the plans of pooling layers: made when they are first needed.
  private var relevances: [String: LayerRelevance] = [:]
  private var poolings: [Int: Plan] = [:]
  /// The number of forward passes so far, from which a caller sees whether the last one was its own.
  package private(set) var passes = 0

  public var network: Network { plan.network }

  /// - Parameters:
  ///   - batch: the most pictures per call.
  ///   - progress: called before every forward pass: some methods make thousands of them for one picture.
  public init(
    _ parameters: ParameterStore, batch: Int, compute: ComputeSettings = ComputeSettings(), progress: @escaping () -> Void = {}
  ) throws {
    self.batch = batch
    self.compute = compute
    self.progress = progress
    plan = try Plan(parameters, batch: batch, purpose: .inputGradient, compute: compute)
    seed = try Tensor(count: batch, shape: plan.network.shapes[plan.network.shapes.count - 1])
  }

  /// Computes S of up to `batch` pictures: `[N, K]`, before the softmax.
  ///
  /// - Parameter images: `[N, 3, H, W]`, RGB 0–255 with the mean subtracted.
  public func scores(of images: Tensor) -> Tensor {
    progress()
    passes += 1
    return plan.forward(images)
  }

  /// Computes S_c of each picture, one class per picture.
  public func scores(of images: Tensor, classes: [Int]) -> [Float] {
    let scores = scores(of: images)
    return classes.indices.map { scores[$0][classes[$0]] }
  }

  /// Computes ∂S_c/∂I of the pictures of the last forward pass, one class per picture: `[N, 3, H, W]`.
  public func gradients(classes: [Int], rule: ReLURule = .gradient) -> Tensor {
    plan.backward(from: seeded(classes), rule: rule)
    return plan.inputGradient
  }

  /// Computes ∂S_c/∂A with respect to a layer's activations A, one class per picture: `[N, C, h, w]`.
  ///
  /// - Throws: `NetworkError` if there is no such layer.
  public func gradients(classes: [Int], at layer: String) throws -> Tensor {
    try plan.gradient(at: layer, from: seeded(classes))
  }

  /// The activations of a layer in the last forward pass: `[N, C, h, w]`; see `Plan.activation(of:)`.
  ///
  /// - Throws: `NetworkError` if there is no such layer.
  public func activations(of layer: String) throws -> Tensor { try plan.activation(of: layer) }

  /// Computes ∂objective/∂I of the pictures of the last forward pass, from a layer inside the net: `[N, 3, H, W]`.
  ///
  /// - Parameter gradient: ∂objective/∂A, `[N, C, h, w]`.
  /// - Throws: `NetworkError` if there is no such layer.
  public func gradients(from layer: String, _ gradient: Tensor, rule: ReLURule) throws -> Tensor {
    try plan.backward(from: layer, gradient: gradient, rule: rule)
    return plan.inputGradient
  }

  /// The layer of that index as one that hands relevance down.
  func layer(_ index: Int, _ rule: RelevanceRule) throws -> LayerRelevance {
    let key = "\(index) \(rule.name)"
    if let made = relevances[key] { return made }
    let layer = try LayerRelevance(plan.parameters, layer: index, rule, batch: batch, compute: compute)
    relevances[key] = layer
    return layer
  }

  /// The layer of that index, which has no parameters, alone.
  func pooling(_ index: Int) throws -> Plan {
    if let made = poolings[index] { return made }
    let layer = try Plan(plan.parameters.part(index..<(index + 1)), batch: batch, purpose: .inputGradient, compute: compute)
    poolings[index] = layer
    return layer
  }

  /// ∂S_c/∂S, one class per picture: valid until the next call.
  func seeded(_ classes: [Int]) -> Tensor {
    seed.storage.fill(with: 0)
    for (slot, index) in classes.enumerated() { seed[slot][index] = 1 }
    return seed.prefix(classes.count)
  }
}
