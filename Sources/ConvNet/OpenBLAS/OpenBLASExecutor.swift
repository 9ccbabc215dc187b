import COpenBLAS
import Sizes

/// A backend of im2col and GEMM on plain layouts in float32. It runs on any processor, and other backends are tested against it.
///
/// In convolutions each thread computes whole pictures, with a single-threaded OpenBLAS inside; in fully connected layers each
/// thread computes a slice of the outputs. A ReLU after a layer with parameters is computed by that layer. ReLU and dropout work
/// in place.
final class OpenBLASExecutor: Executor {
  private let parameters: ParameterStore
  private let purpose: Purpose
  private let team: ThreadTeam
  private var steps: [Step] = []
  /// Per layer of the network: the tensor that holds its activations.
  private var activations: [Tensor] = []
  private let images: Tensor
  let inputGradient: Tensor
  /// This backend doesn't measure the time of single layers.
  var timesLayers = false
  var layerTimes: [LayerTime] { [] }
  var description: String {
    "OpenBLAS, \(String(cString: openblas_get_corename())), \(team.workers) thread\(team.workers == 1 ? "" : "s"), float32"
  }

  /// An operation, the last layer that it computes, and the tensors that its gradient comes from and goes to.
  private struct Step {
    let operation: any Operation
    let lastLayer: Int
    let outputGradient: Tensor?
    let inputGradient: Tensor?
    /// The range of the flat gradient buffer that the operation writes.
    let range: Range<Int>
  }

  init(_ parameters: ParameterStore, batch: Int, purpose: Purpose, team: ThreadTeam) throws(MemoryError) {
    self.parameters = parameters
    self.purpose = purpose
    self.team = team
    let network = parameters.network
    images = try Tensor(count: batch, shape: network.input)
    inputGradient = try Tensor(count: purpose.givesInputGradient ? batch : 0, shape: network.input)
    try compile(network, batch: batch)
  }

  /// Makes the steps. Gradients alternate between two buffers: an operation reads one and writes the other.
  private func compile(_ network: Network, batch: Int) throws(MemoryError) {
    let backward = purpose != .inference
    let largest = network.shapes.map(\.count).max() ?? 0
    let pair = try (0..<2).map { _ throws(MemoryError) in
      try FlatBuffer(count: backward ? CheckedSize.product(batch, largest) : 0)
    }
    let firstWithParameters = network.layers.indices.first {
      !network.layers[$0].layer.layer.parameters(for: network.shapes[$0]).isEmpty
    }

    var input = images
    var turn = 0
    var index = 0
    while index < network.layers.count {
      let named = network.layers[index]
      let fusesReLU =
        named.layer.computesReLU && index + 1 < network.layers.count && network.layers[index + 1].layer == .relu(ReLU())
      let last = fusesReLU ? index + 1 : index
      let inPlace = named.layer.worksInPlace
      let output = try inPlace ? input : Tensor(count: batch, shape: network.shapes[last + 1])
      // In training, no gradient is needed below the first layer with parameters.
      let wanted = purpose.givesInputGradient || index > (firstWithParameters ?? 0)
      // An operation in place changes the gradient in place too, in the buffer where the layer below has its output's gradient.
      let outputGradient =
        backward ? Tensor(count: batch, shape: output.shape, storage: pair[inPlace ? 1 - turn : turn]) : nil
      var below: Tensor?
      if backward, wanted {
        below = inPlace ? outputGradient : Tensor(count: batch, shape: input.shape, storage: pair[1 - turn])
      }
      steps.append(
        Step(
          operation: try makeOperation(named, input: input, output: output, relu: fusesReLU),
          lastLayer: last, outputGradient: outputGradient, inputGradient: below,
          range: purpose.trains ? parameters.range(ofLayer: named.name) : 0..<0))
      for _ in index...last { activations.append(output) }
      if !inPlace { turn = 1 - turn }
      input = output
      index = last + 1
    }
  }

  private func makeOperation(_ named: Network.NamedLayer, input: Tensor, output: Tensor, relu: Bool) throws(MemoryError)
    -> any Operation
  {
    switch named.layer {
    case .convolution(let layer):
      try ConvolutionOperation(
        layer, WeightsAndBiases(named.name, parameters), input: input, output: output, relu: relu, purpose: purpose, team: team)
    case .fullyConnected:
      FullyConnectedOperation(
        WeightsAndBiases(named.name, parameters), input: input, output: output, relu: relu, purpose: purpose, team: team)
    case .maxPooling(let layer): try MaxPoolingOperation(layer, input: input, output: output, team: team)
    case .relu: ReLUOperation(input, team: team)
    case .localResponseNormalization(let layer):
      try LocalResponseNormalizationOperation(layer, input: input, output: output, team: team)
    case .dropout(let layer):
      try DropoutOperation(
        layer, layerIndex: parameters.firstLayer + activations.count, firstUnit: parameters.firstUnit, input, purpose: purpose,
        team: team)
    }
  }

  func forward(_ images: Tensor, dropout: DropoutStream?) -> Tensor {
    let count = images.count
    self.images.prefix(count).values.baseAddress!.update(from: images.values.baseAddress!, count: images.values.count)
    for step in steps { step.operation.forward(count: count, dropout: dropout) }
    return activations[activations.count - 1].prefix(count)
  }

  func backward(from layer: Int, gradient: Tensor, rule: ReLURule, ready: (Range<Int>) throws -> Void) rethrows {
    let count = gradient.count
    try descend(from: layer, to: 0, gradient: gradient, rule: rule, ready: ready)
    if purpose.givesInputGradient, let bottom = steps[0].inputGradient {
      inputGradient.prefix(count).values.baseAddress!.update(
        from: bottom.values.baseAddress!, count: count * inputGradient.shape.count)
    }
  }

  func prepareBackward(from layer: Int) {}

  func gradient(at layer: Int, from top: Int, gradient: Tensor, rule: ReLURule) -> Tensor {
    let lowest = step(of: layer)
    descend(from: top, to: lowest + 1, gradient: gradient, rule: rule) { _ in }
    guard let result = steps[lowest].outputGradient else { preconditionFailure("no gradient is kept at layer \(layer)") }
    return result
  }

  /// The step that computes a layer.
  private func step(of layer: Int) -> Int { steps.firstIndex { $0.lastLayer >= layer } ?? steps.count - 1 }

  /// The backward pass from the output of a layer through the step `lowest`.
  private func descend(
    from layer: Int, to lowest: Int, gradient: Tensor, rule: ReLURule, ready: (Range<Int>) throws -> Void
  ) rethrows {
    let start = step(of: layer)
    guard let into = steps[start].outputGradient else { return }
    into.prefix(gradient.count).values.baseAddress!.update(from: gradient.values.baseAddress!, count: gradient.values.count)
    guard lowest <= start else { return }
    for step in steps[lowest...start].reversed() {
      guard let above = step.outputGradient else { return }
      step.operation.backward(count: gradient.count, from: above, to: step.inputGradient, rule: rule)
      if !step.range.isEmpty { try ready(step.range) }
    }
  }

  func activation(of layer: Int) -> Tensor { activations[layer] }
}

/// One layer, with a ReLU fused into it if one follows, that computes on fixed buffers.
protocol Operation: AnyObject {
  /// Computes the output of the first `count` pictures.
  func forward(count: Int, dropout: DropoutStream?)
  /// Writes the gradients of the parameters if the purpose needs them, and `below` unless it is nil. May change `above`.
  func backward(count: Int, from above: Tensor, to below: Tensor?, rule: ReLURule)
}

extension AnyLayer {
  /// True if the layer computes a ReLU that follows it.
  var computesReLU: Bool {
    switch self {
    case .convolution, .fullyConnected: true
    default: false
    }
  }
  /// True if the layer overwrites its input.
  var worksInPlace: Bool {
    switch self {
    case .relu, .dropout: true
    default: false
    }
  }
}

/// The places of a layer's parameters in the flat buffers.
struct WeightsAndBiases: @unchecked Sendable {
  // Unchecked: the pointers lead into a store's memory, which `FlatBuffer` owns and lets its users share.
  let weights: UnsafeMutablePointer<Float>
  let biases: UnsafeMutablePointer<Float>
  let weightCount: Int
  let weightGradients: UnsafeMutablePointer<Float>
  let biasGradients: UnsafeMutablePointer<Float>
  /// Keeps the memory alive.
  private let store: ParameterStore

  init(_ layer: String, _ store: ParameterStore) {
    guard let weights = store.parameter(layer, .weights), let biases = store.parameter(layer, .biases) else {
      preconditionFailure("\(layer) has no parameters")
    }
    self.store = store
    self.weights = store.values.pointer + weights.range.lowerBound
    self.biases = store.values.pointer + biases.range.lowerBound
    weightCount = weights.range.count
    let gradients = store.gradients.pointer
    let exist = store.gradients.count == store.values.count
    weightGradients = exist ? gradients + weights.range.lowerBound : gradients
    biasGradients = exist ? gradients + biases.range.lowerBound : gradients
  }
}
