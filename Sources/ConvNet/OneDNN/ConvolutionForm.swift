import COneDNN

/// One way to compute a convolution: as it is or unfolded, by oneDNN's primitives or by Winograd's algorithm.
struct ConvolutionForm {
  /// The primitives that oneDNN has for a convolution.
  struct Primitives {
    let forward: PrimitiveDescriptor
    let parameterGradients: PrimitiveDescriptor?
    let inputGradient: PrimitiveDescriptor?
  }

  enum Way {
    case primitives(Primitives)
    case winograd(Winograd)
  }

  let unfolding: Unfolding?
  let way: Way
  /// Of the input, unfolded if it is, and of the output.
  let source: MemoryDescriptor
  let target: MemoryDescriptor
  /// `[K, C, kernel, kernel]`, float32, of the convolution as it is computed.
  let plainWeights: MemoryDescriptor

  var isWinograd: Bool { if case .winograd = way { true } else { false } }

  /// The first form of those that promise most that can be had.
  /// - Parameters:
  ///   - first: whether the input is the plan's pictures.
  ///   - wantsBelow: whether the gradient by the input is asked for.
  static func choose(_ layer: Convolution, _ place: LayerPlace, relu: Bool, first: Bool, wantsBelow: Bool) throws
    -> ConvolutionForm
  {
    let program = place.program
    if layer.stride == 1, let form = try ConvolutionForm(winograd: layer, place, nil) { return form }
    if first, layer.stride > 1, Unfolding.usefulness(layer) >= 0.6,
      place.input.channels * layer.stride * layer.stride <= Shape.largestSide
    {
      let blocks = Unfolding(layer, input: place.input, output: place.output, block: program.block)
      // In bfloat16 the first layer's rounding would be that of all others.
      if program.type == dnnl_f32, let form = try ConvolutionForm(winograd: layer, place, blocks) { return form }
      // Forward alone the direct kernels for few channels and a large stride are as good in float32.
      if program.type == dnnl_bf16 || wantsBelow,
        let form = try ConvolutionForm(layer, place, relu: relu, first: first, wantsBelow: wantsBelow, blocks)
      {
        return form
      }
    }
    guard let direct = try ConvolutionForm(layer, place, relu: relu, first: first, wantsBelow: wantsBelow, nil) else {
      throw BackendError("\(place.name): it has no such convolution for this processor")
    }
    return direct
  }

  private static func weights(_ layer: Convolution, _ place: LayerPlace, _ unfolding: Unfolding?) -> [Int] {
    let kernel = unfolding?.kernel ?? layer.kernel
    return [layer.filters, unfolding?.unfolded.channels ?? place.input.channels, kernel, kernel]
  }

  /// By Winograd's algorithm; nil where that is not wanted or would not pay.
  private init?(winograd layer: Convolution, _ place: LayerPlace, _ unfolding: Unfolding?) throws {
    let program = place.program
    let input = unfolding?.unfolded ?? place.input
    guard
      let winograd = Winograd(
        kernel: unfolding?.kernel ?? layer.kernel, padding: unfolding == nil ? layer.padding : 0, filters: layer.filters,
        input: input, output: place.output, program: program)
    else { return nil }
    self.unfolding = unfolding
    way = .winograd(winograd)
    source = try MemoryDescriptor(MemoryDescriptor.dimensions(program.batch, input), program.type, program.blockedTag)
    target = try MemoryDescriptor(MemoryDescriptor.dimensions(program.batch, place.output), program.type, program.blockedTag)
    plainWeights = try MemoryDescriptor(Self.weights(layer, place, unfolding), dnnl_f32, dnnl_oihw)
  }

  /// By oneDNN's direct convolution; nil where it has none for it.
  private init?(
    _ layer: Convolution, _ place: LayerPlace, relu: Bool, first: Bool, wantsBelow: Bool, _ unfolding: Unfolding?
  ) throws {
    let program = place.program
    let type = program.type
    self.unfolding = unfolding
    let source = unfolding?.unfolded ?? place.input
    let weights = Self.weights(layer, place, unfolding)
    plainWeights = try MemoryDescriptor(weights, dnnl_f32, dnnl_oihw)
    // Pictures of few channels stay plain; kernels for that exist.
    let fewChannels = first && source.channels < program.block
    let tag = unfolding != nil ? program.blockedTag : fewChannels ? dnnl_nchw : dnnl_format_tag_any

    let any = try MemoryDescriptor(MemoryDescriptor.dimensions(program.batch, source), type, dnnl_format_tag_any)
    let operands = try Operands(
      source: MemoryDescriptor(MemoryDescriptor.dimensions(program.batch, source), type, tag),
      weights: MemoryDescriptor(weights, type, dnnl_format_tag_any),
      biases: MemoryDescriptor([layer.filters], dnnl_f32, dnnl_x),
      target: MemoryDescriptor(MemoryDescriptor.dimensions(program.batch, place.output), type, dnnl_format_tag_any))
    let stride = Int64(unfolding == nil ? layer.stride : 1)
    let padding = Int64(unfolding == nil ? layer.padding : 0)
    var window = conednn_window(
      strides: (stride, stride), kernel: (0, 0), before: (padding, padding), after: (padding, padding))
    let training = program.purpose.trains
    func forward(_ kind: dnnl_prop_kind_t, relu: Bool) throws -> PrimitiveDescriptor? {
      try PrimitiveDescriptor.find(operands, relu: relu) { conednn_convolution_forward(&$0, &$1, kind, &$2, &window) }
    }
    guard let forwardPrimitive = try forward(training ? dnnl_forward_training : dnnl_forward_inference, relu: relu),
      // The forward primitive that the backward ones want as a hint; it is never run.
      let hint = try forward(dnnl_forward_training, relu: false)
    else { return nil }

    var parameterGradients: PrimitiveDescriptor?
    if training {
      var gradients = operands
      gradients.weights = try MemoryDescriptor(weights, dnnl_f32, dnnl_format_tag_any)
      parameterGradients = try PrimitiveDescriptor.find(gradients, hint: hint) {
        conednn_convolution_backward_weights(&$0, &$1, &$2, &window)
      }
      guard parameterGradients != nil else { return nil }
    }
    var inputGradient: PrimitiveDescriptor?
    if wantsBelow {
      var signals = operands
      if unfolding == nil { signals.source = any }
      inputGradient = try PrimitiveDescriptor.find(signals, hint: hint) {
        conednn_convolution_backward_data(&$0, &$1, &$2, &window)
      }
      guard inputGradient != nil else { return nil }
    }
    self.source = forwardPrimitive.descriptor(dnnl_query_src_md)
    target = forwardPrimitive.descriptor(dnnl_query_dst_md)
    way = .primitives(
      Primitives(forward: forwardPrimitive, parameterGradients: parameterGradients, inputGradient: inputGradient))
  }
}
