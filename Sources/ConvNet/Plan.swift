import Sizes

/// What a plan is compiled for; it decides which buffers exist and which passes are possible.
public enum Purpose: String, Sendable, CaseIterable {
  /// The forward pass with dropout, and gradients of the parameters.
  case training
  /// The same for layers that follow others: the gradient of the input is computed too.
  case innerTraining
  /// The forward pass alone.
  case inference
  /// The forward pass without dropout, and the gradient of the input. No parameter gradients are computed.
  case inputGradient

  /// True if dropout is used and gradients of the parameters are computed.
  public var trains: Bool { self == .training || self == .innerTraining }
  /// True if `Plan.inputGradient` is computed.
  public var givesInputGradient: Bool { self == .inputGradient || self == .innerTraining }
}

/// The random stream of dropout in one step. A mask depends on the seed, the layer and the picture's global sample number, not on
/// the picture's place in the batch or on the rank that computes it.
public struct DropoutStream: Sendable {
  public let seed: UInt64
  /// The global sample number of each picture of the batch.
  public let samples: [Int]

  public init(seed: UInt64, samples: [Int]) {
    self.seed = seed
    self.samples = samples
  }
}

/// A network compiled for a batch size, a purpose and a backend. It owns all buffers, which are made once: a step allocates
/// nothing.
///
/// A plan reads `ParameterStore.values` and writes `ParameterStore.gradients`; several plans may share a store.
/// One thread at a time may use a plan.
public final class Plan {
  public let parameters: ParameterStore
  /// The most pictures per call; fewer are allowed.
  public let batch: Int
  public let purpose: Purpose
  public let team: ThreadTeam
  public let precision: Precision
  private let executor: any Executor
  private var pictures = 0

  public var network: Network { parameters.network }

  /// - Parameters:
  ///   - precision: must be one that the backend has, see `BackendChoice.obstacle(to:)`.
  ///   - convolution: how 3×3 convolutions are computed, where the backend has a choice.
  /// - Throws: `MemoryError` if there isn't memory for so many pictures, `BackendError` if the backend can't compute them or isn't there.
  public init(
    _ parameters: ParameterStore, batch: Int, purpose: Purpose, backend: BackendChoice = .auto, precision: Precision = .float32,
    convolution: ConvolutionAlgorithm = .auto, team: ThreadTeam = ThreadTeam()
  ) throws {
    precondition(batch > 0, "a batch holds at least one picture")
    if let obstacle = backend.obstacle(to: precision) { throw BackendError(obstacle: obstacle) }
    precondition(
      !purpose.trains || parameters.gradients.count == parameters.values.count,
      "training needs a parameter store with gradients")
    try Self.checkMemory(parameters.network, batch: batch, purpose: purpose, precision: precision)
    self.parameters = parameters
    self.batch = batch
    self.purpose = purpose
    self.team = team
    self.precision = precision
    executor =
      try backend.resolved == .onednn
      ? OneDNNExecutor(
        parameters, batch: batch, purpose: purpose, precision: precision, convolution: convolution, team: team)
      : OpenBLASExecutor(parameters, batch: batch, purpose: purpose, team: team)
    if purpose != .inference { try executor.prepareBackward(from: executor.steps.count - 1) }
  }

  /// Throws if there isn't memory for the activations, before anything is made. A backend may still need more than this.
  private static func checkMemory(
    _ network: Network, batch: Int, purpose: Purpose, precision: Precision
  ) throws(MemoryError) {
    let width = precision == .bfloat16 ? 2 : 4
    var values = network.input.count
    for (index, layer) in network.layers.enumerated() where !layer.layer.layer.worksInPlace {
      values += network.shapes[index + 1].count
    }
    // The signals of the backward pass alternate between two buffers.
    if purpose != .inference { values += 2 * (network.shapes.map(\.count).max() ?? 0) }
    try MemoryBudget.process.require(
      CheckedSize.product(batch, max(network.multiplyAdds, 1)).flatMap { _ in CheckedSize.product(batch, values, width) }, .batch,
      for: "\(batch) pictures at once in the network '\(network.name)'\(purpose.trains ? ", training" : "")")
  }

  /// Computes the class scores (before the softmax) of up to `batch` pictures.
  ///
  /// - Parameters:
  ///   - images: `[N, 3, H, W]`, RGB 0–255 with the mean subtracted, N at most `batch`. The plan copies them.
  ///   - dropout: required for training a network with dropout, ignored for other purposes.
  /// - Returns: `[N, K]`, valid until the next call.
  public func forward(_ images: Tensor, dropout: DropoutStream? = nil) -> Tensor {
    precondition(images.shape == network.input, "images are \(images.shape), the network takes \(network.input)")
    precondition(images.count > 0 && images.count <= batch, "\(images.count) images for a plan of \(batch)")
    precondition(dropout.map { $0.samples.count >= images.count } ?? true, "dropout needs a sample number an image")
    pictures = images.count
    return executor.forward(images, dropout: purpose.trains ? dropout : nil)
  }

  /// Back-propagates from the scores of the last forward pass.
  ///
  /// For `training` it overwrites `ParameterStore.gradients` and calls `ready` with a layer's range of that buffer as soon as the
  /// range is final, from the last layer to the first. For `inputGradient` it fills `inputGradient`, for `innerTraining` both.
  /// - Parameter gradient: ∂objective/∂scores, `[N, K]`, for the N pictures of the forward pass.
  public func backward(
    from gradient: Tensor, rule: ReLURule = .gradient, ready: (Range<Int>) throws -> Void
  ) rethrows {
    try backward(fromIndex: network.layers.count - 1, gradient, rule, ready)
  }

  /// The same for callers that don't need to know when a layer's gradients are final.
  public func backward(from gradient: Tensor, rule: ReLURule = .gradient) {
    backward(fromIndex: network.layers.count - 1, gradient, rule, { _ in })
  }

  /// Back-propagates from the activations of a layer inside the network.
  /// - Throws: `NetworkError` if there is no such layer, `MemoryError` if there is no memory for a copy of its activations.
  public func backward(from layer: String, gradient: Tensor, rule: ReLURule = .gradient) throws {
    let index = try network.index(of: layer)
    try executor.prepareBackward(from: executor.step(of: index))
    backward(fromIndex: index, gradient, rule, { _ in })
  }

  private func backward(
    fromIndex index: Int, _ gradient: Tensor, _ rule: ReLURule, _ ready: (Range<Int>) throws -> Void
  ) rethrows {
    checkBackward(from: index, gradient)
    try executor.backward(from: index, gradient: gradient, rule: rule, ready: ready)
  }

  private func checkBackward(from index: Int, _ gradient: Tensor) {
    precondition(purpose != .inference, "a plan for inference has no backward pass")
    precondition(gradient.count == pictures, "gradients of \(gradient.count) pictures after a forward pass of \(pictures)")
    precondition(gradient.shape == network.shapes[index + 1], "\(gradient.shape) is not the shape \(network.shapes[index + 1])")
  }

  /// ∂objective/∂activations of a layer, `[N, C, H, W]`, from the scores of the last forward pass. The layers below aren't gone
  /// through, and `inputGradient` doesn't change. Valid until the next call.
  ///
  /// The activations are those of `activation(of:)`: for `conv5`, those after the ReLU that follows it.
  /// - Throws: `NetworkError` if there is no such layer, `MemoryError` if there is no memory for a copy of its activations.
  public func gradient(
    at layer: String, from gradient: Tensor, rule: ReLURule = .gradient
  ) throws -> Tensor {
    let index = try network.index(of: layer)
    let top = network.layers.count - 1
    checkBackward(from: top, gradient)
    return try executor.gradient(at: index, from: top, gradient: gradient, rule: rule).prefix(pictures)
  }

  /// ∂objective/∂images of the last backward pass, `[N, 3, H, W]`. Only for the purposes `inputGradient` and `innerTraining`.
  public var inputGradient: Tensor {
    precondition(purpose.givesInputGradient, "a plan for \(purpose) computes no input gradient")
    return executor.inputGradient.prefix(pictures)
  }

  /// The activations of a layer in the last forward pass, `[N, C, H, W]`; valid until the next.
  ///
  /// A ReLU or dropout that directly follows a layer works in place, so `conv1` gives the same values as `relu1`.
  /// - Throws: `NetworkError` if there is no such layer, `MemoryError` if there is no memory for a copy of its activations.
  public func activation(of layer: String) throws -> Tensor {
    try executor.activation(of: executor.step(of: try network.index(of: layer))).prefix(pictures)
  }

  /// The backend and its settings in one line, such as `oneDNN 2.6.3, avx512_core_bf16, 2 threads, float32, Winograd 3×3`.
  public var backendDescription: String { executor.description }

  /// True if the time of each layer is measured; no cost if false. Setting it to true discards earlier times.
  public var timesLayers: Bool {
    get { executor.timesLayers }
    set { executor.timesLayers = newValue }
  }
  /// The times since `timesLayers` was set to true; empty if the backend measures none.
  public var layerTimes: [LayerTime] { executor.layerTimes }
}
