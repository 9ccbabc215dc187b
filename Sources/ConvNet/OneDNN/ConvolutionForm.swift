import COneDNN

/// One way to give a convolution to oneDNN: as it is or unfolded, direct or by Winograd's algorithm, with the primitives that
/// oneDNN has for it.
struct ConvolutionForm {
  let unfolding: Unfolding?
  let isWinograd: Bool
  let forward: PrimitiveDescriptor
  let parameterGradients: PrimitiveDescriptor?
  let inputGradient: PrimitiveDescriptor?
  /// `[K, C, kernel, kernel]`, float32, of the convolution as it is given.
  let plainWeights: MemoryDescriptor
  /// Space to depth is for the first layer alone, and makes its own copy of the caller's pictures.
  var readsPictures: Bool { unfolding.map { $0.copies == 1 } ?? false }

  /// The first form of those that promise most that oneDNN can compute.
  /// - Parameters:
  ///   - first: whether the input is the plan's pictures.
  ///   - wantsBelow: whether the gradient by the input is asked for.
  static func choose(_ layer: Convolution, _ place: LayerPlace, relu: Bool, first: Bool, wantsBelow: Bool) throws
    -> ConvolutionForm
  {
    let program = place.program
    func unfolding(copies: Int) -> Unfolding? {
      let channels = place.input.channels * layer.stride * layer.stride * copies * copies
      guard Unfolding.usefulness(layer, copies: copies) >= 0.6, channels <= Shape.largestSide else { return nil }
      return Unfolding(layer, input: place.input, output: place.output, copies: copies, block: program.block)
    }
    func form(_ unfolding: Unfolding?, winograd: Bool) throws -> ConvolutionForm? {
      try ConvolutionForm(layer, place, relu: relu, first: first, wantsBelow: wantsBelow, unfolding, winograd: winograd)
    }
    if layer.stride == 1, program.winograd {
      if layer.kernel == 3, let form = try form(nil, winograd: true) { return form }
      let wholeBlocks = place.input.channels % program.block == 0
      if wholeBlocks, (5...6).contains(layer.kernel), let copies = unfolding(copies: 2),
        let form = try form(copies, winograd: true)
      {
        return form
      }
    }
    if first, layer.stride > 1, let blocks = unfolding(copies: 1) {
      if program.winograd, blocks.kernel == 3, let form = try form(blocks, winograd: true) { return form }
      // Forward alone the direct kernels for few channels and a large stride are as good in float32.
      if program.type == dnnl_bf16 || wantsBelow, let form = try form(blocks, winograd: false) { return form }
    }
    guard let direct = try form(nil, winograd: false) else {
      throw BackendError("\(place.name): it has no such convolution for this processor")
    }
    return direct
  }

  private init?(
    _ layer: Convolution, _ place: LayerPlace, relu: Bool, first: Bool, wantsBelow: Bool, _ unfolding: Unfolding?, winograd: Bool
  ) throws {
    let program = place.program
    let type = program.type
    self.unfolding = unfolding
    isWinograd = winograd
    let source = unfolding?.unfolded ?? place.input
    let kernel = unfolding?.kernel ?? layer.kernel
    let weights = [layer.filters, source.channels, kernel, kernel]
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
    let algorithm = winograd ? dnnl_convolution_winograd : dnnl_convolution_direct
    let training = program.purpose.trains
    func forward(_ kind: dnnl_prop_kind_t, relu: Bool) throws -> PrimitiveDescriptor? {
      try PrimitiveDescriptor.find(operands, relu: relu) { conednn_convolution_forward(&$0, &$1, kind, algorithm, &$2, &window) }
    }
    guard let forwardPrimitive = try forward(training ? dnnl_forward_training : dnnl_forward_inference, relu: relu),
      // The forward primitive that the backward ones want as a hint; it is never run.
      let hint = try forward(dnnl_forward_training, relu: false)
    else { return nil }
    self.forward = forwardPrimitive

    if training {
      var gradients = operands
      gradients.weights = try MemoryDescriptor(weights, dnnl_f32, dnnl_format_tag_any)
      let found = try PrimitiveDescriptor.find(gradients, hint: hint) {
        conednn_convolution_backward_weights(&$0, &$1, algorithm, &$2, &window)
      }
      guard let found else { return nil }
      parameterGradients = found
    } else {
      parameterGradients = nil
    }
    if wantsBelow {
      var signals = operands
      if unfolding == nil { signals.source = any }
      let found = try PrimitiveDescriptor.find(signals, hint: hint) {
        conednn_convolution_backward_data(&$0, &$1, algorithm, &$2, &window)
      }
      guard let found else { return nil }
      inputGradient = found
    } else {
      inputGradient = nil
    }
  }
}
