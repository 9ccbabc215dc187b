import Random

/// A step of an executor: a layer, and the ReLU after it if the layer computes that too.
struct LayerStep {
  let named: Network.NamedLayer
  /// The indices of the layers that the step computes.
  let layers: ClosedRange<Int>
  let input: Shape
  let output: Shape
  /// The range of the flat gradient buffer that the step's backward pass writes; empty if it has no parameters, or the plan
  /// doesn't train.
  let gradients: Range<Int>
  /// True if the gradient with respect to the step's output is computed.
  let hasGradient: Bool
  /// True if the gradient with respect to the step's input is needed.
  let wantsBelow: Bool

  var computesReLU: Bool { layers.count > 1 }
}

extension ParameterStore {
  /// The steps in which every backend computes the network.
  func steps(for purpose: Purpose) -> [LayerStep] {
    let firstWithParameters = network.layers.firstIndex { !range(ofLayer: $0.name).isEmpty } ?? 0
    // In training, gradients below the first layer with parameters aren't needed.
    func needsGradient(below index: Int) -> Bool { purpose.givesInputGradient || purpose.trains && index > firstWithParameters }
    var steps: [LayerStep] = []
    var first = 0
    while first < network.layers.count {
      let named = network.layers[first]
      let next = first + 1
      let fusesReLU = named.layer.layer.computesReLU && next < network.layers.count && network.layers[next].layer == .relu(ReLU())
      let last = fusesReLU ? next : first
      steps.append(
        LayerStep(
          named: named, layers: first...last, input: network.shapes[first], output: network.shapes[last + 1],
          gradients: purpose.trains ? range(ofLayer: named.name) : 0..<0, hasGradient: needsGradient(below: last + 1),
          wantsBelow: needsGradient(below: first)))
      first = last + 1
    }
    return steps
  }

  /// The random stream of a dropout layer of this network, in the form that kernels take.
  func dropoutStream(ofLayer index: Int) -> UInt32 { CounterRandom.stream(.dropout, epoch: firstLayer + index) }

  /// The parameters of a layer that has weights and biases.
  func weightsAndBiases(ofLayer name: String) -> (weights: Parameter, biases: Parameter) {
    guard let weights = parameter(name, .weights), let biases = parameter(name, .biases) else {
      preconditionFailure("\(name) has no parameters")
    }
    return (weights, biases)
  }
}
