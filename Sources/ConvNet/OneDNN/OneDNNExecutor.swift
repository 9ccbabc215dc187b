import COneDNN

/// oneDNN's JIT kernels: layouts of its choice from the first convolution to the last pooling, primitives and memory made once.
///
/// Fewer pictures than the batch are filled up with zeros, and their gradients with zeros: the padding adds nothing to any
/// gradient.
final class OneDNNExecutor: Executor {
  private let program: OneDNNProgram
  let steps: [LayerStep]
  /// For each step.
  private var compiled: [Compiled] = []
  private let timer = LayerTimer()
  private var packedRevision: Int?
  /// Whether the first layer reads the plan's copy of the pictures and not the caller's.
  private let copiesPictures: Bool
  /// Pictures of the last forward pass; beyond them the copy is zero.
  private var filled = 0
  private let scores: PlainView
  /// Brings the gradient below the lowest step into `inputGradient`; nil where it comes there by itself, and where nobody asks.
  private var lastReorder: PrimitiveCall?
  let inputGradient: Tensor
  let description: String

  /// A step's layer, its backward instructions, and where its output and its gradient lie.
  private struct Compiled {
    let place: LayerPlace
    let layer: any OneDNNLayer
    var output: Memory
    var backward: [Instruction] = []
    var above: Memory?
    /// Brings a gradient in when the backward pass starts here; made by `prepareBackward`.
    var entry: Entry?
    /// Of `output` and `above`, for those who ask for them.
    var activation: PlainView?
    var gradient: PlainView?
  }

  init(
    _ parameters: ParameterStore, batch: Int, purpose: Purpose, precision: Precision, convolution: ConvolutionAlgorithm,
    team: ThreadTeam
  ) throws {
    omp_set_num_threads(Int32(team.workers))
    program = try OneDNNProgram(
      parameters, batch: batch, purpose: purpose, precision: precision, convolution: convolution, team: team)
    steps = parameters.steps(for: purpose)
    inputGradient =
      try program.inputGradient.buffer.map { Tensor(count: batch, shape: parameters.network.input, storage: $0) }
      ?? Tensor(count: 0, shape: parameters.network.input)
    (compiled, lastReorder) = try Self.compile(steps, program)
    let convolutions = compiled.map { ($0.layer as? OneDNNConvolution)?.form }
    copiesPictures = convolutions[0]?.unfolding == nil
    try program.allocate()
    let top = steps.count - 1
    scores = try PlainView(of: compiled[top].output, count: batch, shape: steps[top].output, stream: program.stream)
    description =
      "oneDNN \(OneDNN.version), \(OneDNN.instructionSet), \(team.workers) thread\(team.workers == 1 ? "" : "s"), "
      + "\(precision.rawValue), \(convolutions.contains { $0?.isWinograd ?? false } ? "Winograd 3×3" : "direct convolution")"
  }

  private static func compile(_ steps: [LayerStep], _ program: OneDNNProgram) throws -> ([Compiled], lastReorder: PrimitiveCall?)
  {
    var compiled: [Compiled] = []
    var current = program.images
    for step in steps {
      let place = LayerPlace(step: step, program: program)
      let layer: any OneDNNLayer =
        switch step.named.layer {
        case .convolution(let layer):
          try OneDNNConvolution(
            layer, place, input: current, relu: step.computesReLU, first: step.layers.lowerBound == 0,
            wantsBelow: step.wantsBelow)
        case .fullyConnected: try OneDNNFullyConnected(place, input: current, last: compiled.count == steps.count - 1)
        case .maxPooling(let layer): try OneDNNPrimitiveLayer(layer, place, input: current)
        case .relu: try OneDNNReLU(place, input: current)
        case .localResponseNormalization(let layer): try OneDNNPrimitiveLayer(layer, place, input: current)
        case .dropout(let layer): try OneDNNDropout(layer, place, input: current)
        }
      if step.named.layer.layer.worksInPlace, layer.output !== current {
        // What it changed is a copy in another layout; before it stands the same, as if it had worked in place.
        for index in compiled.indices where compiled[index].output === current { compiled[index].output = layer.output }
      }
      current = layer.output
      compiled.append(Compiled(place: place, layer: layer, output: current))
    }
    guard program.purpose != .inference else { return (compiled, nil) }
    var signal: Memory? = try program.signal(current.descriptor)
    for (index, step) in steps.enumerated().reversed() where step.hasGradient {
      guard let above = signal else { break }
      compiled[index].above = above
      let (place, layer) = (compiled[index].place, compiled[index].layer)
      let arriving = try step.computesReLU ? place.gated(above, by: layer.output) : above
      signal = try layer.compileBackward(above: arriving, wantsBelow: step.wantsBelow)
      compiled[index].backward = program.backward
      program.backward = []
    }
    guard program.purpose.givesInputGradient, let bottom = signal, bottom !== program.inputGradient else {
      return (compiled, nil)
    }
    return (compiled, try program.reorder(bottom, to: program.inputGradient))
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

  func prepareBackward(from step: Int) throws {
    guard let above = compiled[step].above, compiled[step].entry == nil else { return }
    compiled[step].entry = try Entry(into: above, count: program.batch, shape: steps[step].output, stream: program.stream)
  }

  func begin(at step: Int, with gradient: Tensor) {
    omp_set_num_threads(Int32(program.team.workers))
    guard let entry = compiled[step].entry else { preconditionFailure("a backward pass that wasn't prepared") }
    fill(entry.staged.storage.pointer, from: gradient, filled: entry.filled)
    entry.filled = gradient.count
    entry.call?.run()
  }

  func descend(through step: Int, pictures: Int, rule: ReLURule) {
    timer.run(compiled[step].backward, PassState(count: pictures, rule: rule))
  }

  func finish(pictures: Int) { lastReorder?.run() }

  func gradient(above step: Int) throws -> Tensor {
    guard let above = compiled[step].above else { preconditionFailure("no gradient is kept at \(steps[step].named.name)") }
    return try read(\.gradient, of: above, step)
  }

  func activation(of step: Int) throws -> Tensor {
    omp_set_num_threads(Int32(program.team.workers))
    return try read(\.activation, of: compiled[step].output, step)
  }

  /// Reads a step's memory through its view, which is made when it is first asked for.
  private func read(_ view: WritableKeyPath<Compiled, PlainView?>, of memory: Memory, _ step: Int) throws -> Tensor {
    let found =
      try compiled[step][keyPath: view]
      ?? PlainView(of: memory, count: program.batch, shape: steps[step].output, stream: program.stream)
    compiled[step][keyPath: view] = found
    return found.read()
  }

  var timesLayers: Bool {
    get { timer.isOn }
    set { timer.isOn = newValue }
  }
  var layerTimes: [LayerTime] { timer.times }
}
