import Sizes

/// One parameter of a network and its place in the flat buffers.
public struct Parameter: Sendable, Hashable {
  public let layer: String
  public let spec: ParameterSpec
  /// The parameter's range in all buffers of its store.
  public let range: Range<Int>

  /// The name such as `conv1/weights`, also the path below `/parameters` in a checkpoint.
  public var name: String { "\(layer)/\(spec.role.rawValue)" }
}

/// What a training keeps of each parameter from update to update besides its value. The names are those of the groups in a checkpoint.
public enum TrainingState: String, Sendable, CaseIterable {
  /// The velocity of SGD; AdamW's average of gradients.
  case velocity
  /// AdamW's average of squared gradients.
  case secondMoments = "second_moments"
  /// The averages of the values over the updates. In a checkpoint these are the parameters, which all jobs use, and the group has the
  /// values that the training goes on from.
  case averages = "last_values"
}

/// The one place that decides a network's parameter names, their order and their memory: flat buffers of the same layout for values,
/// gradients and what a training keeps.
///
/// Parameters follow each other in the order of the layers, weights before biases, each on a 64-byte boundary; the gaps stay
/// zero. Values are in the description's layouts, `[out, in, kh, kw]` and `[out, in]`, for every backend.
public final class ParameterStore: Sendable {
  public let network: Network
  public let parameters: [Parameter]
  public let values: FlatBuffer
  public let gradients: FlatBuffer
  public let velocity: FlatBuffer
  /// What the training keeps, the velocity included; empty without training.
  public let state: [TrainingState: FlatBuffer]
  /// For a part (`part(_:outputs:)`): the index of its first layer and the number of its first unit in the whole network, from
  /// which dropout derives its masks. 0 otherwise.
  let firstLayer, firstUnit: Int
  /// The weights that pixels are multiplied by; nil for a part without the network's first layer.
  package var pixelWeights: Parameter? { firstLayer == 0 ? parameters.first : nil }
  private let changes: Changes

  /// - Parameters:
  ///   - training: false if no memory is needed for gradients and what a training keeps.
  ///   - keeping: what a training keeps.
  /// - Throws: `MemoryError` if there isn't enough memory.
  public init(
    _ network: Network, training: Bool = true, keeping: Set<TrainingState> = [.velocity]
  ) throws(MemoryError) {
    self.network = network
    var parameters: [Parameter] = []
    var end = 0
    for (layer, shape) in zip(network.layers, network.shapes) {
      for spec in layer.layer.layer.parameters(for: shape) {
        parameters.append(Parameter(layer: layer.name, spec: spec, range: end..<(end + spec.count)))
        end = (end + spec.count + 15) / 16 * 16
      }
    }
    self.parameters = parameters
    do {
      let bytes = CheckedSize.product(end, MemoryLayout<Float>.stride, training ? 2 + keeping.count : 1)
      try MemoryBudget.process.require(bytes, .network, for: "the parameters of '\(network.name)'")
      values = try FlatBuffer(count: end)
      // Sparse: a rank that owns a share of the parameters never touches the rest.
      gradients = try FlatBuffer(count: training ? end : 0, isSparse: true)
      var state: [TrainingState: FlatBuffer] = [:]
      for kind in keeping where training { state[kind] = try FlatBuffer(count: end, isSparse: true) }
      self.state = state
      velocity = if let kept = state[.velocity] { kept } else { try FlatBuffer(count: 0) }
    } catch {
      let gradients = training ? ", their gradients and velocity" : ""
      throw error.naming(.network, "the \(network.parameterCount) parameters of the network '\(network.name)'\(gradients)")
    }
    (firstLayer, firstUnit) = (0, 0)
    changes = Changes()
  }

  /// A store for some of the layers, in the memory of another.
  init(_ network: Network, _ parameters: [Parameter], of whole: ParameterStore, firstLayer: Int, firstUnit: Int) {
    self.network = network
    self.parameters = parameters
    (values, gradients, velocity, state) = (whole.values, whole.gradients, whole.velocity, whole.state)
    (self.firstLayer, self.firstUnit) = (firstLayer, firstUnit)
    changes = whole.changes
  }

  /// The buffers of `state` in a fixed order.
  public var kept: [FlatBuffer] { TrainingState.allCases.compactMap { state[$0] } }

  /// The number of changes of `values` so far. A backend that keeps copies in other layouts renews them when it has grown.
  public var revision: Int { changes.revision }
  /// Records a change of `values`. Whoever writes into them must call it.
  public func valuesChanged() { changes.revision += 1 }

  /// Nil until a plan needs it.
  package var bfloat16Copy: BFloat16Copy? {
    get { changes.bfloat16Copy }
    set { changes.bfloat16Copy = newValue }
  }

  /// The range from a layer's first parameter to its last, empty for a layer without parameters. In a part with some of a layer's
  /// outputs, the range also covers values of other parts.
  public func range(ofLayer name: String) -> Range<Int> {
    let own = parameters.filter { $0.layer == name }
    guard let first = own.first, let last = own.last else { return 0..<0 }
    return first.range.lowerBound..<last.range.upperBound
  }

  /// The parameter of that layer and role, if it has one.
  public func parameter(_ layer: String, _ role: ParameterSpec.Role) -> Parameter? {
    parameters.first { $0.layer == layer && $0.spec.role == role }
  }

  private final class Changes: @unchecked Sendable {
    // Unchecked: whoever changes the values changes this too, between the passes of plans.
    var revision = 0
    var bfloat16Copy: BFloat16Copy?
  }
}
