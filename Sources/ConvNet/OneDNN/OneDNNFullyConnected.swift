import COneDNN

/// Fully connected layer on the flattened 2-D input, with weights in the description's own layout in every pass.
///
/// In float32 the primitives read `ParameterStore.values` and write `ParameterStore.gradients` in place: nothing is packed or
/// reordered, which for 96 % of the parameters would cost more than blocked weights gain (oneDNN's matmul reads plain
/// weights about as fast as packed ones; its inner product forward does not). In bfloat16 training reads the store's plain copy
/// in place, which the update writes; other purposes make a copy in the layouts of matmul's choice, once.
final class OneDNNFullyConnected: OneDNNLayer {
  let output: Memory
  private let place: LayerPlace
  private let input: Memory
  private let inputIsFlat: Bool
  private let layout: MemoryDescriptor
  private let weights: Parameter
  private let biases: Parameter
  /// `[out, in]` in the plan's type, where it isn't packed.
  private let plainWeights: Memory?

  private var batch: Int { place.program.batch }
  private var inputs: Int { place.input.count }
  private var outputs: Int { place.output.count }

  /// - Parameter last: scores stay float32 in any precision.
  init(_ place: LayerPlace, input: Memory, last: Bool) throws {
    self.place = place
    let program = place.program
    (weights, biases) = program.parameters.weightsAndBiases(ofLayer: place.name)
    let (batch, inputs, outputs, type) = (program.batch, place.input.count, place.output.count, program.type)

    let flat = try MemoryDescriptor([batch, inputs], type, dnnl_ab)
    layout = flat
    inputIsFlat = input.descriptor.dimensionCount == 2
    self.input =
      try inputIsFlat
      ? place.forwardInput(input, as: flat)
      : place.forwardInput(input, as: MemoryDescriptor(plain: batch, place.input, type)).view(as: flat)
    output = try Memory(MemoryDescriptor([batch, outputs], last ? dnnl_f32 : type, dnnl_ab))

    let stored = try program.values(weights, as: MemoryDescriptor([outputs, inputs], dnnl_f32, dnnl_ab))
    let packs = type == dnnl_bf16 && !program.purpose.trains
    if type == dnnl_f32 {
      plainWeights = stored
    } else if packs {
      plainWeights = nil
    } else {
      plainWeights = try program.halves(weights, as: MemoryDescriptor([outputs, inputs], type, dnnl_ab))
      place.packing { _ in program.parameters.renewBFloat16Copy(team: program.team) }
    }

    let transposed = try MemoryDescriptor([inputs, outputs], type, packs ? dnnl_format_tag_any : dnnl_ba)
    let bias = try MemoryDescriptor([1, outputs], dnnl_f32, dnnl_ab)
    let forward = try Self.product(flat, transposed, bias: bias, output.descriptor, relu: place.step.computesReLU)
    let matrix =
      try plainWeights?.view(as: transposed)
      ?? place.packed(
        program.values(weights, as: MemoryDescriptor([inputs, outputs], dnnl_f32, dnnl_ba)),
        as: forward.descriptor(dnnl_query_weights_md))
    let call = try program.call(
      forward,
      [
        DNNL_ARG_SRC: self.input, DNNL_ARG_WEIGHTS: matrix, DNNL_ARG_BIAS: program.values(biases, as: bias),
        DNNL_ARG_DST: output,
      ])
    place.forward(multiplyAdds: batch * inputs * outputs) { _ in call.run() }
  }

  private static func product(
    _ a: MemoryDescriptor, _ b: MemoryDescriptor, bias: MemoryDescriptor? = nil, _ c: MemoryDescriptor, relu: Bool = false
  ) throws -> PrimitiveDescriptor {
    try .make("matrix product", Operands(source: a, weights: b, biases: bias, target: c), relu: relu) {
      conednn_matmul(&$0, &$1, &$2)
    }
  }

  func compileBackward(above: Memory, wantsBelow: Bool) throws -> Memory? {
    let program = place.program
    let signal = try place.signal(above, as: MemoryDescriptor([batch, outputs], program.type, dnnl_ab))
    if program.purpose.trains { try compileParameterGradients(signal) }
    guard wantsBelow else { return nil }
    let below = try program.signal(layout)
    let call: PrimitiveCall
    if let plainWeights {
      let product = try PrimitiveDescriptor.make(
        "inner product", Operands(source: layout, weights: plainWeights.descriptor, target: signal.descriptor),
        hint: innerProduct()
      ) { conednn_inner_product_backward_data(&$0, &$1, &$2) }
      call = try program.call(
        product,
        [DNNL_ARG_DIFF_DST: signal, DNNL_ARG_WEIGHTS: plainWeights, DNNL_ARG_DIFF_SRC: below])
    } else {
      let product = try Self.product(
        signal.descriptor, MemoryDescriptor([outputs, inputs], program.type, dnnl_format_tag_any), layout)
      let stored = try program.values(weights, as: MemoryDescriptor([outputs, inputs], dnnl_f32, dnnl_ab))
      let matrix = try place.packed(stored, as: product.descriptor(dnnl_query_weights_md))
      call = try program.call(product, [DNNL_ARG_SRC: signal, DNNL_ARG_WEIGHTS: matrix, DNNL_ARG_DST: below])
    }
    place.backward(.inputGradient, multiplyAdds: batch * inputs * outputs) { _ in call.run() }
    return try inputIsFlat ? below : below.view(as: MemoryDescriptor(plain: batch, place.input, program.type))
  }

  /// Straight into the flat gradient buffer.
  private func compileParameterGradients(_ signal: Memory) throws {
    let program = place.program
    let weightGradients = try program.gradients(weights, as: MemoryDescriptor([outputs, inputs], dnnl_f32, dnnl_ab))
    let biasGradients = try program.gradients(biases, as: MemoryDescriptor([outputs], dnnl_f32, dnnl_x))
    let operands = Operands(
      source: layout, weights: weightGradients.descriptor, biases: biasGradients.descriptor, target: signal.descriptor)
    let product = try PrimitiveDescriptor.make("inner product", operands, hint: innerProduct()) {
      conednn_inner_product_backward_weights(&$0, &$1, &$2)
    }
    let call = try program.call(
      product,
      [
        DNNL_ARG_SRC: input, DNNL_ARG_DIFF_DST: signal, DNNL_ARG_DIFF_WEIGHTS: weightGradients,
        DNNL_ARG_DIFF_BIAS: biasGradients,
      ])
    place.backward(.parameterGradient, multiplyAdds: batch * inputs * outputs) { _ in call.run() }
  }

  /// The forward primitive that the backward ones want as a hint; it is never run.
  private func innerProduct() throws -> PrimitiveDescriptor {
    let type = place.program.type
    let operands = try Operands(
      source: layout, weights: MemoryDescriptor([outputs, inputs], type, dnnl_ab),
      biases: MemoryDescriptor([outputs], dnnl_f32, dnnl_x), target: MemoryDescriptor([batch, outputs], type, dnnl_ab))
    return try .make("inner product", operands) { conednn_inner_product_forward(&$0, &$1, dnnl_forward_training, &$2) }
  }
}

extension LayerPlace {
  /// A copy of parameter values in a primitive's layout, renewed when they change.
  func packed(_ stored: Memory, as descriptor: MemoryDescriptor) throws -> Memory {
    if stored.descriptor == descriptor { return stored }
    let copy = try Memory(descriptor)
    let call = try program.reorder(stored, to: copy)
    packing { _ in call.run() }
    return copy
  }
}
