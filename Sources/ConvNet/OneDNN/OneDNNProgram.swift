import COneDNN
import Kernels

/// The state of one pass that instructions look at.
struct PassState {
  /// The caller's pictures, `count` of them, in a forward pass.
  var images: Tensor?
  /// Pictures; those beyond it up to the plan's batch are zero, and so are their gradients.
  var count = 0
  var dropout: DropoutStream?
  var rule = ReLURule.gradient
}

/// One primitive or kernel on fixed memory, and what it counts as in a table of times.
struct Instruction {
  let layer: String
  let pass: LayerTime.Pass
  let multiplyAdds: Int
  let run: (PassState) -> Void
}

/// What the layers of one plan share while they are compiled, and the instructions that they leave.
final class OneDNNProgram {
  let parameters: ParameterStore
  let batch: Int
  let purpose: Purpose
  /// Of activations, weights and their signals; parameter gradients are always float32.
  let type: dnnl_data_type_t
  /// Whether convolutions go by Winograd's algorithm where it suits them.
  let winograd: Bool
  let team: ThreadTeam
  let stream: OneDNNStream
  let scratchpad = SharedRegion()
  /// Signals of the backward pass alternate between two regions: an instruction reads one and writes the other.
  private let signals = [SharedRegion(), SharedRegion()]
  private var turn = 0
  /// A second layout of a signal, for the instruction that comes next.
  let aside = SharedRegion()
  /// The plan's copy of the pictures, plain and float32; without values where the first layer reads the caller's.
  let images: Memory
  /// ∂objective/∂pictures, plain and float32; only where the purpose gives it.
  let inputGradient: Memory

  /// Run when the parameters have changed.
  var packing: [Instruction] = []
  var forward: [Instruction] = []
  /// Filled for one layer at a time; the executor takes it away.
  var backward: [Instruction] = []

  init(
    _ parameters: ParameterStore, batch: Int, purpose: Purpose, precision: Precision, convolution: ConvolutionAlgorithm,
    team: ThreadTeam
  ) throws {
    stream = try OneDNNStream()
    self.parameters = parameters
    self.batch = batch
    self.purpose = purpose
    self.team = team
    type = precision == .bfloat16 ? dnnl_bf16 : dnnl_f32
    // Winograd's kernels don't use AMX, by which direct convolution is fast.
    winograd =
      switch precision {
      case .float32: convolution != .direct && OneDNN.hasAVX512
      case .bfloat16: OneDNN.hasBFloat16 && (convolution == .winograd || convolution == .auto && !OneDNN.hasAMX)
      }
    let plain = try MemoryDescriptor(plain: batch, parameters.network.input, dnnl_f32)
    images = try Memory(plain)
    inputGradient = try Memory(unattached: plain)
    if purpose.givesInputGradient { try inputGradient.attach(FlatBuffer(count: plain.size / 4)) }
  }

  /// The layout of blocked activations: channels in groups of a vector's length, innermost.
  var block: Int { OneDNN.hasAVX512 ? 16 : 8 }
  var blockedTag: dnnl_format_tag_t { OneDNN.hasAVX512 ? dnnl_nChw16c : dnnl_nChw8c }

  var forwardKind: dnnl_prop_kind_t { purpose == .inference ? dnnl_forward_inference : dnnl_forward_training }

  /// Memory for the next signal of the backward pass.
  func signal(_ descriptor: MemoryDescriptor) throws -> Memory {
    turn = 1 - turn
    return try signals[turn].memory(descriptor)
  }

  /// Gives the shared regions their memory, once everything is compiled.
  func allocate() throws {
    for region in signals + [scratchpad, aside] { try region.allocate() }
  }

  func call(_ descriptor: PrimitiveDescriptor, _ arguments: [Int32: Memory]) throws -> PrimitiveCall {
    try PrimitiveCall(descriptor, arguments, stream: stream, scratchpad: scratchpad)
  }

  /// A call that changes layout or type.
  func reorder(_ source: Memory, to target: Memory) throws -> PrimitiveCall {
    try call(
      PrimitiveDescriptor(reorder: source.descriptor, to: target.descriptor), [DNNL_ARG_FROM: source, DNNL_ARG_TO: target])
  }

  /// A parameter's values as the store keeps them.
  func values(_ parameter: Parameter, as descriptor: MemoryDescriptor) throws -> Memory {
    try Memory(descriptor, in: parameters.values, at: parameter.range.lowerBound)
  }

  /// A parameter's values in the store's bfloat16 copy, to be renewed before use.
  func halves(_ parameter: Parameter, as descriptor: MemoryDescriptor) throws -> Memory {
    try Memory(descriptor, in: parameters.keepBFloat16Copy().storage, at: parameter.range.lowerBound / 2)
  }

  /// A parameter's place in the flat gradient buffer.
  func gradients(_ parameter: Parameter, as descriptor: MemoryDescriptor) throws -> Memory {
    try Memory(descriptor, in: parameters.gradients, at: parameter.range.lowerBound)
  }
}

/// One layer (with the ReLU fused into it) as oneDNN primitives. Its initialiser leaves the forward instructions.
protocol OneDNNLayer: AnyObject {
  var output: Memory { get }
  /// Leaves the backward instructions.
  ///
  /// - Parameters:
  ///   - above: where the gradient by the output arrives, behind a fused ReLU's gate; it may be changed.
  ///   - wantsBelow: whether the gradient by the input is asked for.
  /// - Returns: where the gradient by the input will be.
  func compileBackward(above: Memory, wantsBelow: Bool) throws -> Memory?
}

/// A layer's place in the program.
struct LayerPlace {
  let step: LayerStep
  let program: OneDNNProgram

  var name: String { step.named.name }
  var input: Shape { step.input }
  var output: Shape { step.output }

  func forward(multiplyAdds: Int = 0, _ run: @escaping (PassState) -> Void) {
    program.forward.append(Instruction(layer: name, pass: .forward, multiplyAdds: multiplyAdds, run: run))
  }

  func backward(_ pass: LayerTime.Pass, multiplyAdds: Int = 0, _ run: @escaping (PassState) -> Void) {
    program.backward.append(Instruction(layer: name, pass: pass, multiplyAdds: multiplyAdds, run: run))
  }

  func packing(_ run: @escaping (PassState) -> Void) {
    program.packing.append(Instruction(layer: name, pass: .packing, multiplyAdds: 0, run: run))
  }

  /// `source` in the layout of the descriptor: itself where it is so already, else a copy made in the forward pass.
  func forwardInput(_ source: Memory, as descriptor: MemoryDescriptor) throws -> Memory {
    if source.descriptor == descriptor { return source }
    let copy = try Memory(descriptor)
    let call = try program.reorder(source, to: copy)
    forward { _ in call.run() }
    return copy
  }

  /// `source` in the plan's type: itself, or a plain copy.
  func inPlanType(_ source: Memory) throws -> Memory {
    if source.descriptor.type == program.type { return source }
    return try forwardInput(source, as: MemoryDescriptor(plain: program.batch, input, program.type))
  }

  /// The signal in another layout.
  func signal(_ source: Memory, as descriptor: MemoryDescriptor) throws -> Memory {
    if source.descriptor == descriptor { return source }
    let copy = try program.signal(descriptor)
    let call = try program.reorder(source, to: copy)
    backward(.inputGradient) { _ in call.run() }
    return copy
  }

  /// The signal behind the backward gate of a ReLU, in the layout of the activations that it left: in place where it has that.
  func gated(_ signal: Memory, by activations: Memory) throws -> Memory {
    let signal = try self.signal(signal, as: activations.descriptor)
    let count = signal.descriptor.elements
    let team = program.team
    if signal.descriptor.type == dnnl_f32 {
      backward(.inputGradient) { state in
        team.split(count, grain: 1024) { _, range in
          let at = range.lowerBound
          kernels_relu_gate(signal.floats + at, activations.floats + at, range.count, state.rule.gates)
        }
      }
    } else {
      backward(.inputGradient) { state in
        team.split(count, grain: 1024) { _, range in
          let at = range.lowerBound
          kernels_relu_gate_bf16(signal.halves + at, activations.halves + at, range.count, state.rule.gates)
        }
      }
    }
    return signal
  }
}
