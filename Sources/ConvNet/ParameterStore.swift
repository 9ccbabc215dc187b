import Sizes

/// One parameter of a network and its place in the flat buffers.
public struct Parameter: Sendable, Hashable {
  public let layer: String
  public let spec: ParameterSpec
  /// The parameter's range in `values`, `gradients` and `velocity`.
  public let range: Range<Int>

  /// The name such as `conv1/weights`, also the path below `/parameters` in a checkpoint.
  public var name: String { "\(layer)/\(spec.role.rawValue)" }
}

/// The one place that decides a network's parameter names, their order and their memory: three flat buffers of the same layout.
///
/// Parameters follow each other in the order of the layers, weights before biases, each on a 64-byte boundary; the gaps stay
/// zero. Values are in the description's layouts, `[out, in, kh, kw]` and `[out, in]`, for every backend.
public final class ParameterStore: Sendable {
  public let network: Network
  public let parameters: [Parameter]
  public let values: FlatBuffer
  public let gradients: FlatBuffer
  public let velocity: FlatBuffer
  /// For a part (`part(_:outputs:)`): the index of its first layer and the number of its first unit in the whole network, from
  /// which dropout derives its masks. 0 otherwise.
  let firstLayer, firstUnit: Int
  private let state: State

  /// - Parameter training: false if no memory is needed for gradients and velocity.
  /// - Throws: `MemoryError` if there isn't enough memory.
  public init(_ network: Network, training: Bool = true) throws(MemoryError) {
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
      let bytes = CheckedSize.product(end, MemoryLayout<Float>.stride, training ? 3 : 1)
      try MemoryBudget.process.require(bytes, .network, for: "the parameters of '\(network.name)'")
      values = try FlatBuffer(count: end)
      // Sparse: a rank that owns a share of the parameters never touches the rest.
      gradients = try FlatBuffer(count: training ? end : 0, isSparse: true)
      velocity = try FlatBuffer(count: training ? end : 0, isSparse: true)
    } catch {
      let gradients = training ? ", their gradients and velocity" : ""
      throw error.naming(.network, "the \(network.parameterCount) parameters of the network '\(network.name)'\(gradients)")
    }
    (firstLayer, firstUnit) = (0, 0)
    state = State()
  }

  /// A store for some of the layers, in the memory of another.
  init(_ network: Network, _ parameters: [Parameter], of whole: ParameterStore, firstLayer: Int, firstUnit: Int) {
    self.network = network
    self.parameters = parameters
    (values, gradients, velocity) = (whole.values, whole.gradients, whole.velocity)
    (self.firstLayer, self.firstUnit) = (firstLayer, firstUnit)
    state = whole.state
  }

  /// The number of changes of `values` so far. A backend that keeps copies in other layouts renews them when it has grown.
  public var revision: Int { state.revision }
  /// Records a change of `values`. Whoever writes into them must call it.
  public func valuesChanged() { state.revision += 1 }

  /// Nil until a plan needs it.
  var bfloat16Copy: BFloat16Copy? {
    get { state.bfloat16Copy }
    set { state.bfloat16Copy = newValue }
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

  private final class State: @unchecked Sendable {
    // Unchecked: whoever changes the values changes this too, between the passes of plans.
    var revision = 0
    var bfloat16Copy: BFloat16Copy?
  }
}
