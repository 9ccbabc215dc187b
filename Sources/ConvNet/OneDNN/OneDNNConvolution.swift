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
  /// The input as the forward pass takes it.
  private let source: Memory
  /// The weights of the convolution as it is computed, float32.
  private let plainWeights: Memory

  private var multiplyAdds: Int { place.program.batch * layer.multiplyAdds(for: place.input) }

  init(_ layer: Convolution, _ place: LayerPlace, input: Memory, relu: Bool, first: Bool, wantsBelow: Bool) throws {
    self.layer = layer
    self.place = place
    let program = place.program
    (weights, biases) = program.parameters.weightsAndBiases(ofLayer: place.name)
    let form = try ConvolutionForm.choose(layer, place, relu: relu, first: first, wantsBelow: wantsBelow)
    self.form = form

    if let unfolding = form.unfolding {
      let unfolded = try Memory(form.source)
      place.forward { state in
        if let images = state.images { unfolding.unfold(images, into: unfolded, team: program.team) }
      }
      source = unfolded

      let given = try program.values(weights, as: MemoryDescriptor([weights.range.count], dnnl_f32, dnnl_x))
      let plain = try Memory(form.plainWeights)
      place.packing { _ in unfolding.unfoldWeights(given, into: plain, team: program.team) }
      plainWeights = plain
    } else {
      source = try place.forwardInput(input, as: form.source)
      plainWeights = try program.values(weights, as: form.plainWeights)
    }

    output = try Memory(form.target)
    let biasValues = try program.values(biases, as: MemoryDescriptor([layer.filters], dnnl_f32, dnnl_x))
    switch form.way {
    case .winograd(let winograd):
      try winograd.compileForward(
        source, weights: plainWeights, biases: biasValues, into: output, relu: relu, multiplyAdds: multiplyAdds, place)
    case .primitives(let primitives):
      let packed = try place.packed(plainWeights, as: primitives.forward.descriptor(dnnl_query_weights_md))
      let call = try program.call(
        primitives.forward,
        [DNNL_ARG_SRC: source, DNNL_ARG_WEIGHTS: packed, DNNL_ARG_DST: output, DNNL_ARG_BIAS: biasValues])
      place.forward(multiplyAdds: multiplyAdds) { _ in call.run() }
    }
  }

  func compileBackward(above: Memory, wantsBelow: Bool) throws -> Memory? {
    let program = place.program
    // Winograd's kernels take the layout of the output alone.
    let signal = try form.isWinograd ? place.signal(above, as: output.descriptor) : above
    if program.purpose.trains { try compileParameterGradients(signal) }
    guard wantsBelow else { return nil }
    let below: Memory
    switch form.way {
    case .winograd(let winograd):
      below = try program.signal(form.source)
      try winograd.compileInputGradient(signal, weights: plainWeights, into: below, multiplyAdds: multiplyAdds, place)
    case .primitives(let primitives):
      guard let descriptor = primitives.inputGradient else { return nil }
      below = try compileInputGradient(descriptor, signal)
    }
    guard let unfolding = form.unfolding else { return below }
    // Unfolding is for the first layer alone: its gradient is the plan's.
    place.backward(.inputGradient) { _ in
      unfolding.fold(below, into: program.inputGradient, count: program.batch, team: program.team)
    }
    return program.inputGradient
  }

  private func compileParameterGradients(_ signal: Memory) throws {
    let program = place.program
    let biasGradients = try program.gradients(biases, as: MemoryDescriptor([layer.filters], dnnl_f32, dnnl_x))
    // Unfolded ones are folded on their way.
    let plain = try form.unfolding == nil ? program.gradients(weights, as: form.plainWeights) : Memory(form.plainWeights)
    switch form.way {
    case .winograd(let winograd):
      try winograd.compileParameterGradients(
        source, signal, weights: plain, biases: biasGradients, multiplyAdds: multiplyAdds, place)
    case .primitives(let primitives):
      guard let descriptor = primitives.parameterGradients else { return }
      let signal = try aside(signal, as: descriptor.descriptor(dnnl_query_diff_dst_md))
      let source = try backwardSource(as: descriptor.descriptor(dnnl_query_src_md))
      let gradients = try Memory(descriptor.descriptor(dnnl_query_diff_weights_md))
      let call = try program.call(
        descriptor,
        [
          DNNL_ARG_SRC: source, DNNL_ARG_DIFF_DST: signal, DNNL_ARG_DIFF_WEIGHTS: gradients,
          DNNL_ARG_DIFF_BIAS: biasGradients,
        ])
      let reorder = try program.reorder(gradients, to: plain)
      place.backward(.parameterGradient, multiplyAdds: multiplyAdds) { _ in
        call.run()
        reorder.run()
      }
    }
    guard let unfolding = form.unfolding else { return }
    let target = try program.gradients(weights, as: MemoryDescriptor([weights.range.count], dnnl_f32, dnnl_x))
    place.backward(.parameterGradient) { _ in
      unfolding.foldWeights(plain, into: target, team: program.team)
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
    return below
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
