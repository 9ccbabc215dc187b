import Sizes

/// One parameter of a network and its place in the flat buffers.
public struct Parameter: Sendable, Hashable {
  public let layer: String
  public let spec: ParameterSpec
  /// Where it lies in `values`, `gradients` and `velocity`.
  public let range: Range<Int>

  /// `conv1/weights`: also its path below `/parameters` in a checkpoint.
  public var name: String { "\(layer)/\(spec.role.rawValue)" }
}

/// The one source of a network's parameter names, order and memory: three flat buffers of the same layout.
///
/// Parameters follow each other in the order of the layers, weights before biases, each on a 64-byte boundary (the gaps
/// stay zero). Values are in the description's own layouts whatever the backend: `[out, in, kh, kw]` and `[out, in]`.
public final class ParameterStore: Sendable {
  public let network: Network
  public let parameters: [Parameter]
  public let values: FlatBuffer
  public let gradients: FlatBuffer
  public let velocity: FlatBuffer
  /// Of a part (`part(_:outputs:)`): the index of its first layer, and the number of its first unit, in the whole network; dropout
  /// goes by them.
  let firstLayer, firstUnit: Int
  private let state: State

  /// - Parameter training: without it there is no memory for gradients and velocity.
  /// - Throws: `MemoryError` when there is not so much memory.
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
      // A rank that owns a share of them leaves the rest untouched.
      gradients = try FlatBuffer(count: training ? end : 0, isSparse: true)
      velocity = try FlatBuffer(count: training ? end : 0, isSparse: true)
    } catch {
      let gradients = training ? ", their gradients and velocity" : ""
      throw error.naming(.network, "the \(network.parameterCount) parameters of the network '\(network.name)'\(gradients)")
    }
    (firstLayer, firstUnit) = (0, 0)
    state = State()
  }

  /// The same memory for some of the layers.
  init(_ network: Network, _ parameters: [Parameter], of whole: ParameterStore, firstLayer: Int, firstUnit: Int) {
    self.network = network
    self.parameters = parameters
    (values, gradients, velocity) = (whole.values, whole.gradients, whole.velocity)
    (self.firstLayer, self.firstUnit) = (firstLayer, firstUnit)
    state = whole.state
  }

  /// The parameters of a network by name, without any memory for them.
  static func specs(of network: Network?) -> [String: ParameterSpec] {
    guard let network else { return [:] }
    var specs: [String: ParameterSpec] = [:]
    for (layer, shape) in zip(network.layers, network.shapes) {
      for spec in layer.layer.layer.parameters(for: shape) { specs["\(layer.name)/\(spec.role.rawValue)"] = spec }
    }
    return specs
  }

  /// Counts the changes of `values`: a backend that keeps copies in other layouts renews them when it has moved on.
  public var revision: Int { state.revision }
  /// Says that `values` have changed; whoever writes into them calls it.
  public func valuesChanged() { state.revision += 1 }

  /// Nil until a plan asks for it.
  var bfloat16Copy: BFloat16Copy? {
    get { state.bfloat16Copy }
    set { state.bfloat16Copy = newValue }
  }

  /// The range that all parameters of a layer take up together, empty for a layer without any. In a part with some of a layer's
  /// outputs it has gaps, where others' lie.
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
    var revision = 0
    var bfloat16Copy: BFloat16Copy?
  }
}
