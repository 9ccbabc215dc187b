import Kernels
import Sizes

/// One layer, with a ReLU fused into it if one follows, that computes on fixed buffers.
protocol Operation: AnyObject {
  var place: OperationPlace { get }
  /// Computes the output of the first `count` pictures.
  func forward(count: Int, dropout: DropoutStream?)
  /// Writes the gradients of the parameters if the purpose needs them, and `below` unless it is nil. `above` has already passed
  /// the rule of a fused ReLU. May change `above`.
  func backward(count: Int, from above: Tensor, to below: Tensor?, rule: ReLURule)
}

/// The step of an operation, and the plan's settings and tensors for it.
struct OperationPlace {
  let step: LayerStep
  let store: ParameterStore
  let purpose: Purpose
  let team: ThreadTeam
  let input: Tensor
  let output: Tensor

  /// Makes one buffer per worker.
  func buffers(_ count: Int?) throws(MemoryError) -> [FlatBuffer] {
    try (0..<team.workers).map { _ throws(MemoryError) in try FlatBuffer(count: count) }
  }

  /// Applies the ReLU rule to a signal, in place, from the output that the ReLU has left.
  func gate(_ signal: Tensor, count: Int, rule: ReLURule) {
    team.split(count * output.shape.count, grain: 1024) { [output] _, range in
      let at = range.lowerBound
      kernels_relu_gate(signal.storage.pointer + at, output.storage.pointer + at, range.count, rule.gates)
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

  init(_ place: OperationPlace) {
    store = place.store
    let (weights, biases) = store.weightsAndBiases(ofLayer: place.step.named.name)
    self.weights = store.values.pointer + weights.range.lowerBound
    self.biases = store.values.pointer + biases.range.lowerBound
    weightCount = weights.range.count
    let gradients = store.gradients.pointer
    let exist = store.gradients.count == store.values.count
    weightGradients = exist ? gradients + weights.range.lowerBound : gradients
    biasGradients = exist ? gradients + biases.range.lowerBound : gradients
  }
}

extension ReLURule {
  /// The constant that `kernels_relu_gate` takes for this rule.
  var gates: Int32 {
    switch self {
    case .gradient: Int32(KERNELS_GATE_FORWARD.rawValue)
    case .deconvnet: Int32(KERNELS_GATE_BACKWARD.rawValue)
    case .guided: Int32(KERNELS_GATE_FORWARD.rawValue | KERNELS_GATE_BACKWARD.rawValue)
    }
  }
}
