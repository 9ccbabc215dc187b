import COneDNN

/// A layer without parameters that is one primitive in each pass: pooling, normalisation.
final class OneDNNPrimitiveLayer: OneDNNLayer {
  /// Calls one of the functions of the module COneDNN with what the layer is.
  typealias Create = (
    _ found: inout dnnl_primitive_desc_t?, _ context: inout conednn_context, _ operands: inout conednn_operands
  ) -> dnnl_status_t

  let output: Memory
  private let name: String
  private let place: LayerPlace
  private let input: Memory
  private let forward: PrimitiveDescriptor
  private let createBackward: Create
  /// Whether the backward primitive reads the input.
  private let rereadsInput: Bool
  /// What the forward pass keeps for the backward one; some implementations need nothing.
  private let workspace: Memory?

  /// - Parameter target: nil where the output has the input's layout.
  private init(
    _ name: String, _ place: LayerPlace, input: Memory, target: MemoryDescriptor? = nil, rereadsInput: Bool,
    forward createForward: Create, backward createBackward: @escaping Create
  ) throws {
    self.name = name
    self.place = place
    self.createBackward = createBackward
    self.rereadsInput = rereadsInput
    let program = place.program
    let source = try place.inPlanType(input)
    self.input = source
    forward = try .make(name, Operands(source: source.descriptor, target: target), createForward)
    output = try Memory(forward.descriptor(dnnl_query_dst_md))
    let kept = forward.descriptor(dnnl_query_workspace_md)
    workspace = try program.purpose == .inference || kept.size == 0 ? nil : Memory(kept)
    var arguments = [DNNL_ARG_SRC: source, DNNL_ARG_DST: output]
    arguments[DNNL_ARG_WORKSPACE] = workspace
    let call = try program.call(forward, arguments)
    place.forward { _ in call.run() }
  }

  /// Max pooling. Sizes round up: the windows at the right and the bottom reach into padding that never wins.
  /// A NaN in a window is passed over.
  convenience init(_ layer: MaxPooling, _ place: LayerPlace, input: Memory) throws {
    func overhang(_ input: Int, _ output: Int) -> Int64 { Int64((output - 1) * layer.stride + layer.window - input) }
    let (stride, side) = (Int64(layer.stride), Int64(layer.window))
    var window = conednn_window(
      strides: (stride, stride), kernel: (side, side), before: (0, 0),
      after: (overhang(place.input.height, place.output.height), overhang(place.input.width, place.output.width)))
    let kind = place.program.forwardKind
    try self.init(
      "pooling", place, input: input,
      target: MemoryDescriptor(
        MemoryDescriptor.dimensions(place.program.batch, place.output), place.program.type, dnnl_format_tag_any),
      rereadsInput: false,
      forward: { conednn_max_pooling_forward(&$0, &$1, kind, &$2, &window) },
      backward: { conednn_max_pooling_backward(&$0, &$1, &$2, &window) })
  }

  /// Local response normalisation across channels, in the layout that comes. oneDNN divides alpha by the size, as Caffe does.
  convenience init(_ layer: LocalResponseNormalization, _ place: LayerPlace, input: Memory) throws {
    var constants = conednn_normalization(
      size: Int64(layer.size), alpha: layer.alpha * Float(layer.size), beta: layer.beta, k: layer.k)
    let kind = place.program.forwardKind
    try self.init(
      "normalisation", place, input: input, rereadsInput: true,
      forward: { conednn_normalization_forward(&$0, &$1, kind, $2.source, &constants) },
      backward: { conednn_normalization_backward(&$0, &$1, $2.source, &constants) })
  }

  func compileBackward(above: Memory, wantsBelow: Bool) throws -> Memory? {
    guard wantsBelow else { return nil }
    let program = place.program
    let signal = try place.signal(above, as: output.descriptor)
    let backward = try PrimitiveDescriptor.make(
      name, Operands(source: input.descriptor, target: output.descriptor), hint: forward, createBackward)
    let below = try program.signal(input.descriptor)
    var arguments = [DNNL_ARG_DIFF_DST: signal, DNNL_ARG_DIFF_SRC: below]
    arguments[DNNL_ARG_WORKSPACE] = workspace
    if rereadsInput { arguments[DNNL_ARG_SRC] = input }
    let call = try program.call(backward, arguments)
    place.backward(.inputGradient) { _ in call.run() }
    return below
  }
}
