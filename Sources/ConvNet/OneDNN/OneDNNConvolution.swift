import COneDNN

/// Convolution in the layouts of oneDNN's choice, bias and ReLU fused; weights are packed when they have changed, weight
/// gradients brought back into the description's layout.
final class OneDNNConvolution: OneDNNLayer {
  let output: Memory
  let form: ConvolutionForm
  private let place: LayerPlace
  private let layer: Convolution
  private let weights: Parameter
  private let biases: Parameter
  /// The input as the forward primitive takes it.
  private let source: Memory
  /// The layout of the input before it was unfolded.
  private let unfoldedFrom: MemoryDescriptor
  /// The weights of the convolution as it is given to oneDNN, float32.
  private let plainWeights: Memory

  private var multiplyAdds: Int { place.program.batch * layer.multiplyAdds(for: place.input) }

  init(_ layer: Convolution, _ place: LayerPlace, input: Memory, relu: Bool, first: Bool, wantsBelow: Bool) throws {
    self.layer = layer
    self.place = place
    let program = place.program
    (weights, biases) = program.parameters.weightsAndBiases(ofLayer: place.name)
    let form = try ConvolutionForm.choose(layer, place, relu: relu, first: first, wantsBelow: wantsBelow)
    self.form = form

    let wanted = form.forward.descriptor(dnnl_query_src_md)
    if let unfolding = form.unfolding {
      let layout =
        try unfolding.copies > 1
        ? MemoryDescriptor(MemoryDescriptor.dimensions(program.batch, place.input), dnnl_f32, program.blockedTag)
        : MemoryDescriptor(plain: program.batch, place.input, dnnl_f32)
      let unfolded = try Memory(wanted)
      if form.readsPictures {
        place.forward { state in
          if let images = state.images { unfolding.unfold(pictures: images, into: unfolded, team: program.team) }
        }
      } else {
        let from = try place.forwardInput(input, as: layout)
        place.forward { _ in unfolding.unfold(from, into: unfolded, count: program.batch, team: program.team) }
      }
      source = unfolded
      unfoldedFrom = layout

      let given = try program.values(weights, as: MemoryDescriptor([weights.range.count], dnnl_f32, dnnl_x))
      let plain = try Memory(form.plainWeights)
      place.packing { _ in unfolding.unfoldWeights(given, into: plain, team: program.team) }
      plainWeights = plain
    } else {
      source = try place.forwardInput(input, as: wanted)
      unfoldedFrom = wanted
      plainWeights = try program.values(weights, as: form.plainWeights)
    }

    output = try Memory(form.forward.descriptor(dnnl_query_dst_md))
    let packed = try place.packed(plainWeights, as: form.forward.descriptor(dnnl_query_weights_md))
    let call = try program.call(
      form.forward,
      [
        DNNL_ARG_SRC: source, DNNL_ARG_WEIGHTS: packed, DNNL_ARG_DST: output,
        DNNL_ARG_BIAS: program.values(biases, as: MemoryDescriptor([layer.filters], dnnl_f32, dnnl_x)),
      ])
    place.forward(multiplyAdds: multiplyAdds) { _ in call.run() }
  }

  func compileBackward(above: Memory, wantsBelow: Bool) throws -> Memory? {
    if let parameterGradients = form.parameterGradients { try compileParameterGradients(parameterGradients, above) }
    guard wantsBelow, let inputGradient = form.inputGradient else { return nil }
    return try compileInputGradient(inputGradient, above)
  }

  private func compileParameterGradients(_ descriptor: PrimitiveDescriptor, _ signal: Memory) throws {
    let program = place.program
    let team = program.team
    let signal = try aside(signal, as: descriptor.descriptor(dnnl_query_diff_dst_md))
    let source = try backwardSource(as: descriptor.descriptor(dnnl_query_src_md))
    let gradients = try Memory(descriptor.descriptor(dnnl_query_diff_weights_md))
    let call = try program.call(
      descriptor,
      [
        DNNL_ARG_SRC: source, DNNL_ARG_DIFF_DST: signal, DNNL_ARG_DIFF_WEIGHTS: gradients,
        DNNL_ARG_DIFF_BIAS: program.gradients(biases, as: MemoryDescriptor([layer.filters], dnnl_f32, dnnl_x)),
      ])
    place.backward(.parameterGradient, multiplyAdds: multiplyAdds) { _ in call.run() }

    if let unfolding = form.unfolding {
      let plain = try Memory(form.plainWeights)
      let reorder = try program.reorder(gradients, to: plain)
      let target = try program.gradients(weights, as: MemoryDescriptor([weights.range.count], dnnl_f32, dnnl_x))
      place.backward(.parameterGradient) { _ in
        reorder.run()
        unfolding.foldWeights(plain, into: target, team: team)
      }
    } else {
      let reorder = try program.reorder(gradients, to: program.gradients(weights, as: form.plainWeights))
      place.backward(.parameterGradient) { _ in reorder.run() }
    }
  }

  private func compileInputGradient(_ descriptor: PrimitiveDescriptor, _ signal: Memory) throws -> Memory {
    let program = place.program
    let signal = try place.signal(signal, as: descriptor.descriptor(dnnl_query_diff_dst_md))
    let below = try program.signal(descriptor.descriptor(dnnl_query_diff_src_md))
    let packed = try place.packed(plainWeights, as: descriptor.descriptor(dnnl_query_weights_md))
    let call = try program.call(
      descriptor, [DNNL_ARG_DIFF_DST: signal, DNNL_ARG_WEIGHTS: packed, DNNL_ARG_DIFF_SRC: below])
    place.backward(.inputGradient, multiplyAdds: multiplyAdds) { _ in call.run() }
    guard let unfolding = form.unfolding else { return below }
    // Space to depth is for the first layer alone: its gradient is the plan's.
    let folded = try unfolding.copies > 1 ? program.signal(unfoldedFrom) : program.inputGradient
    let team = program.team
    place.backward(.inputGradient) { _ in unfolding.fold(below, into: folded, count: program.batch, team: team) }
    return folded
  }

  /// The signal in another layout, for one instruction; the signal itself stays.
  private func aside(_ signal: Memory, as descriptor: MemoryDescriptor) throws -> Memory {
    if signal.descriptor == descriptor { return signal }
    let copy = try place.program.aside.memory(descriptor)
    let call = try place.program.reorder(signal, to: copy)
    place.backward(.parameterGradient) { _ in call.run() }
    return copy
  }

  private func backwardSource(as descriptor: MemoryDescriptor) throws -> Memory {
    if source.descriptor == descriptor { return source }
    let copy = try Memory(descriptor)
    let call = try place.program.reorder(source, to: copy)
    place.backward(.parameterGradient) { _ in call.run() }
    return copy
  }
}
