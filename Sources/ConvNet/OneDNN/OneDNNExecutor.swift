import COneDNN

/// oneDNN's JIT kernels: layouts of its choice from the first convolution to the last pooling, primitives and memory made once.
///
/// Fewer pictures than the batch are filled up with zeros, and their gradients with zeros: the padding adds nothing to any
/// gradient.
final class OneDNNExecutor: Executor {
  private let program: OneDNNProgram
  private let network: Network
  private var steps: [Step] = []
  /// For each layer of the network, where its activations lie.
  private var activations: [Memory] = []
  private let timer = LayerTimer()
  private var packedRevision: Int?
  /// Whether the first layer reads the plan's copy of the pictures and not the caller's.
  private let copiesPictures: Bool
  /// Pictures of the last forward pass; beyond them the copy is zero.
  private var filled = 0
  private var views: [Int: PlainView] = [:]
  /// Of the gradients above steps.
  private var gradientViews: [Int: PlainView] = [:]
  private let scores: PlainView
  private var finish: PrimitiveCall?
  let inputGradient: Tensor
  let description: String

  /// A layer, its backward instructions, and where its gradient comes in.
  private struct Step {
    let layer: any OneDNNLayer
    let lastLayer: Int
    /// What it leaves in the flat gradient buffer.
    let range: Range<Int>
    var backward: [Instruction] = []
    var above: Memory?
    /// Brings a gradient in when the backward pass starts here; made by `prepareBackward`.
    var entry: Entry?
  }

  init(
    _ parameters: ParameterStore, batch: Int, purpose: Purpose, precision: Precision, convolution: ConvolutionAlgorithm,
    team: ThreadTeam
  ) throws {
    omp_set_num_threads(Int32(team.workers))
    network = parameters.network
    program = try OneDNNProgram(
      parameters, batch: batch, purpose: purpose, precision: precision, convolution: convolution, team: team)
    inputGradient =
      try program.inputGradient.buffer.map { Tensor(count: batch, shape: parameters.network.input, storage: $0) }
      ?? Tensor(count: 0, shape: parameters.network.input)
    let compiled = try Self.compile(program)
    steps = compiled.steps
    activations = compiled.activations
    finish = compiled.finish
    let winograd = compiled.steps.contains { ($0.layer as? OneDNNConvolution)?.form.isWinograd ?? false }
    copiesPictures = !((compiled.steps.first?.layer as? OneDNNConvolution)?.form.readsPictures ?? false)
    try program.allocate()
    scores = try PlainView(
      of: compiled.activations[compiled.activations.count - 1], count: batch, shape: network.shapes[network.layers.count],
      stream: program.stream)
    description =
      "oneDNN \(OneDNN.version), \(OneDNN.instructionSet), \(team.workers) thread\(team.workers == 1 ? "" : "s"), "
      + "\(precision.rawValue), \(winograd ? "Winograd 3×3" : "direct convolution")"
  }

  private static func compile(_ program: OneDNNProgram) throws -> (steps: [Step], activations: [Memory], finish: PrimitiveCall?) {
    let network = program.parameters.network
    let firstWithParameters = network.layers.indices.first {
      !program.parameters.range(ofLayer: network.layers[$0].name).isEmpty
    }
    // Below the first layer with parameters nobody asks for a gradient in training.
    func wantsBelow(_ index: Int) -> Bool {
      program.purpose.givesInputGradient || (program.purpose.trains && index > firstWithParameters ?? 0)
    }
    var steps: [Step] = []
    var indices: [Int] = []
    var activations: [Memory] = []
    var current = program.images
    var index = 0
    while index < network.layers.count {
      let named = network.layers[index]
      let fuses = named.layer.computesReLU && index + 1 < network.layers.count && network.layers[index + 1].layer == .relu(ReLU())
      let last = fuses ? index + 1 : index
      let place = LayerPlace(
        name: named.name, index: index, input: network.shapes[index], output: network.shapes[last + 1], program: program)
      let layer: any OneDNNLayer =
        switch named.layer {
        case .convolution(let layer):
          try OneDNNConvolution(
            layer, place, input: current, relu: fuses, first: index == 0, wantsBelow: wantsBelow(index))
        case .fullyConnected:
          try OneDNNFullyConnected(place, input: current, relu: fuses, last: last == network.layers.count - 1)
        case .maxPooling(let layer): try OneDNNMaxPooling(layer, place, input: current)
        case .relu: try OneDNNReLU(place, input: current)
        case .localResponseNormalization(let layer): try OneDNNNormalization(layer, place, input: current)
        case .dropout(let layer): try OneDNNDropout(layer, place, input: current)
        }
      steps.append(
        Step(
          layer: layer, lastLayer: last,
          range: program.purpose.trains ? program.parameters.range(ofLayer: named.name) : 0..<0))
      indices.append(index)
      if named.layer.worksInPlace, layer.output !== current {
        // What it changed is a copy in another layout; before it stands the same, as if it had worked in place.
        activations = activations.map { $0 === current ? layer.output : $0 }
      }
      current = layer.output
      for _ in index...last { activations.append(current) }
      index = last + 1
    }
    guard program.purpose != .inference else { return (steps, activations, nil) }
    var signal: Memory? = try program.signal(current.descriptor)
    for step in steps.indices.reversed() {
      guard let above = signal else { break }
      steps[step].above = above
      signal = try steps[step].layer.compileBackward(above: above, wantsBelow: wantsBelow(indices[step]))
      steps[step].backward = program.backward
      program.backward = []
    }
    guard program.purpose.givesInputGradient, let bottom = signal, bottom !== program.inputGradient else {
      return (steps, activations, nil)
    }
    return (steps, activations, try program.reorder(bottom, to: program.inputGradient))
  }

  func forward(_ images: Tensor, dropout: DropoutStream?) -> Tensor {
    omp_set_num_threads(Int32(program.team.workers))
    let state = PassState(images: images, count: images.count, dropout: dropout)
    if packedRevision != program.parameters.revision {
      timer.run(program.packing, state)
      packedRevision = program.parameters.revision
    }
    if copiesPictures {
      fill(program.images.floats, from: images, filled: filled)
      filled = images.count
    }
    timer.run(program.forward, state)
    return scores.read().prefix(images.count)
  }

  /// Copies the pictures that there are, and clears those that an earlier call has left beyond them.
  private func fill(_ target: UnsafeMutablePointer<Float>, from source: Tensor, filled: Int) {
    let count = source.values.count
    let end = max(filled, source.count) * source.shape.count
    let target = SharedPointer(target)
    program.team.split(end, grain: 4096) { _, range in
      let copied = range.clamped(to: 0..<count)
      let cleared = range.clamped(to: count..<max(end, count))
      let (from, to) = (source.storage.pointer, target.pointer)
      if !copied.isEmpty { (to + copied.lowerBound).update(from: from + copied.lowerBound, count: copied.count) }
      if !cleared.isEmpty { (to + cleared.lowerBound).update(repeating: 0, count: cleared.count) }
    }
  }

  func backward(from layer: Int, gradient: Tensor, rule: ReLURule, ready: (Range<Int>) throws -> Void) rethrows {
    try descend(from: layer, to: 0, gradient: gradient, rule: rule, ready: ready)
    finish?.run()
  }

  func gradient(at layer: Int, from top: Int, gradient: Tensor, rule: ReLURule) throws -> Tensor {
    let lowest = step(of: layer)
    try prepareBackward(from: top)
    descend(from: top, to: lowest + 1, gradient: gradient, rule: rule) { _ in }
    guard let above = steps[lowest].above else { preconditionFailure("no gradient is kept at layer \(layer)") }
    let view =
      try gradientViews[lowest]
      ?? PlainView(
        of: above, count: program.batch, shape: network.shapes[steps[lowest].lastLayer + 1], stream: program.stream)
    gradientViews[lowest] = view
    return view.read()
  }

  func prepareBackward(from layer: Int) throws {
    let start = step(of: layer)
    guard let above = steps[start].above, steps[start].entry == nil else { return }
    steps[start].entry = try Entry(
      into: above, count: program.batch, shape: network.shapes[steps[start].lastLayer + 1], stream: program.stream)
  }

  /// The step that computes a layer.
  private func step(of layer: Int) -> Int { steps.firstIndex { $0.lastLayer >= layer } ?? steps.count - 1 }

  /// The backward pass from the output of a layer through the step `lowest`.
  private func descend(
    from layer: Int, to lowest: Int, gradient: Tensor, rule: ReLURule, ready: (Range<Int>) throws -> Void
  ) rethrows {
    let start = step(of: layer)
    guard steps[start].above != nil else { return }
    omp_set_num_threads(Int32(program.team.workers))
    guard let entry = steps[start].entry else { preconditionFailure("a backward pass that wasn't prepared") }
    fill(entry.staged.storage.pointer, from: gradient, filled: entry.filled)
    entry.filled = gradient.count
    entry.call?.run()
    let state = PassState(count: gradient.count, rule: rule)
    guard lowest <= start else { return }
    for step in steps[lowest...start].reversed() {
      guard step.above != nil else { return }
      timer.run(step.backward, state)
      if !step.range.isEmpty { try ready(step.range) }
    }
  }

  func activation(of layer: Int) throws -> Tensor {
    omp_set_num_threads(Int32(program.team.workers))
    let view =
      try views[layer]
      ?? PlainView(of: activations[layer], count: program.batch, shape: network.shapes[layer + 1], stream: program.stream)
    views[layer] = view
    return view.read()
  }

  var timesLayers: Bool {
    get { timer.isOn }
    set { timer.isOn = newValue }
  }
  var layerTimes: [LayerTime] { timer.times }
}
