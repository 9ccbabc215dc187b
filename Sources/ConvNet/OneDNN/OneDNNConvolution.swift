import COneDNN

/// Convolution in the layouts of oneDNN's choice, bias and ReLU fused; weights are packed when they have changed, weight
/// gradients brought back into the description's layout.
final class OneDNNConvolution: OneDNNLayer {
  let output: Memory
  let form: ConvolutionForm
  private let place: LayerPlace
  private let layer: Convolution
  private let relu: Bool
  private let weights: Parameter
  private let biases: Parameter
  /// The input as the forward primitive takes it.
  private let source: Memory
  /// The layout of the input before it was unfolded.
  private let unfoldedFrom: MemoryDescriptor
  /// The weights of the convolution as it is given to oneDNN, float32.
  private let plainWeights: Memory

  private var multiplyAdds: Int { place.program.batch * layer.multiplyAdds(for: place.input) }

  init(_ layer: Convolution, _ place: LayerPlace, input: Memory, relu: Bool, first: Bool, wantsBelow: Bool) {
    self.layer = layer
    self.place = place
    self.relu = relu
    let program = place.program
    guard let weights = program.parameters.parameter(place.name, .weights),
      let biases = program.parameters.parameter(place.name, .biases)
    else { preconditionFailure("\(place.name) has no parameters") }
    self.weights = weights
    self.biases = biases
    let form = ConvolutionForm.choose(layer, place, relu: relu, first: first, wantsBelow: wantsBelow)
    self.form = form

    let wanted = form.forward.descriptor(dnnl_query_src_md)
    if let unfolding = form.unfolding {
      let layout =
        unfolding.copies > 1
        ? MemoryDescriptor(MemoryDescriptor.dimensions(program.batch, place.input), dnnl_f32, program.blockedTag)
        : MemoryDescriptor(plain: program.batch, place.input, dnnl_f32)
      let unfolded = Memory(wanted)
      if form.readsPictures {
        place.forward { state in
          if let images = state.images { unfolding.unfold(pictures: images, into: unfolded, team: program.team) }
        }
      } else {
        let from = place.forwardInput(input, as: layout)
        place.forward { _ in unfolding.unfold(from, into: unfolded, count: program.batch, team: program.team) }
      }
      source = unfolded
      unfoldedFrom = layout

      let given = program.values(weights, as: MemoryDescriptor([weights.range.count], dnnl_f32, dnnl_x))
      let plain = Memory(form.plainWeights)
      place.packing { _ in unfolding.unfoldWeights(given.floats, into: plain.floats, team: program.team) }
      plainWeights = plain
    } else {
      source = place.forwardInput(input, as: wanted)
      unfoldedFrom = wanted
      plainWeights = program.values(weights, as: form.plainWeights)
    }

    output = Memory(form.forward.descriptor(dnnl_query_dst_md))
    let packed = place.packed(plainWeights, as: form.forward.descriptor(dnnl_query_weights_md))
    let call = program.call(
      form.forward,
      [
        DNNL_ARG_SRC: source, DNNL_ARG_WEIGHTS: packed, DNNL_ARG_DST: output,
        DNNL_ARG_BIAS: program.values(biases, as: MemoryDescriptor([layer.filters], dnnl_f32, dnnl_x)),
      ])
    place.forward(multiplyAdds: multiplyAdds) { _ in call.run() }
  }

  func compileBackward(above: Memory, wantsBelow: Bool) -> Memory? {
    var signal = above
    if relu {
      signal = place.signal(above, as: output.descriptor)
      place.gate(signal, by: output)
    }
    if let parameterGradients = form.parameterGradients { compileParameterGradients(parameterGradients, signal) }
    guard wantsBelow, let inputGradient = form.inputGradient else { return nil }
    return compileInputGradient(inputGradient, signal)
  }

  private func compileParameterGradients(_ descriptor: PrimitiveDescriptor, _ signal: Memory) {
    let program = place.program
    let team = program.team
    let signal = aside(signal, as: descriptor.descriptor(dnnl_query_diff_dst_md))
    let source = backwardSource(as: descriptor.descriptor(dnnl_query_src_md))
    let gradients = Memory(descriptor.descriptor(dnnl_query_diff_weights_md))
    let call = program.call(
      descriptor,
      [
        DNNL_ARG_SRC: source, DNNL_ARG_DIFF_DST: signal, DNNL_ARG_DIFF_WEIGHTS: gradients,
        DNNL_ARG_DIFF_BIAS: program.gradients(biases, as: MemoryDescriptor([layer.filters], dnnl_f32, dnnl_x)),
      ])
    place.backward(.parameterGradient, multiplyAdds: multiplyAdds) { _ in call.run() }

    if let unfolding = form.unfolding {
      let plain = Memory(form.plainWeights)
      let reorder = program.reorder(gradients, to: plain)
      let target = program.gradients(weights, as: MemoryDescriptor([weights.range.count], dnnl_f32, dnnl_x))
      place.backward(.parameterGradient) { _ in
        reorder.run()
        unfolding.foldWeights(plain.floats, into: target.floats, team: team)
      }
    } else {
      let reorder = program.reorder(gradients, to: program.gradients(weights, as: form.plainWeights))
      place.backward(.parameterGradient) { _ in reorder.run() }
    }
  }

  private func compileInputGradient(_ descriptor: PrimitiveDescriptor, _ signal: Memory) -> Memory {
    let program = place.program
    let signal = place.signal(signal, as: descriptor.descriptor(dnnl_query_diff_dst_md))
    let below = program.signal(descriptor.descriptor(dnnl_query_diff_src_md))
    let packed = place.packed(plainWeights, as: descriptor.descriptor(dnnl_query_weights_md))
    let call = program.call(
      descriptor, [DNNL_ARG_DIFF_DST: signal, DNNL_ARG_WEIGHTS: packed, DNNL_ARG_DIFF_SRC: below])
    place.backward(.inputGradient, multiplyAdds: multiplyAdds) { _ in call.run() }
    guard let unfolding = form.unfolding else { return below }
    // Space to depth is for the first layer alone: its gradient is the plan's.
    let folded = unfolding.copies > 1 ? program.signal(unfoldedFrom) : program.inputGradient
    let team = program.team
    place.backward(.inputGradient) { _ in unfolding.fold(below, into: folded, count: program.batch, team: team) }
    return folded
  }

  /// The signal in another layout, for one instruction; the signal itself stays.
  private func aside(_ signal: Memory, as descriptor: MemoryDescriptor) -> Memory {
    if signal.descriptor == descriptor { return signal }
    let copy = place.program.aside.memory(descriptor)
    let call = place.program.reorder(signal, to: copy)
    place.backward(.parameterGradient) { _ in call.run() }
    return copy
  }

  private func backwardSource(as descriptor: MemoryDescriptor) -> Memory {
    if source.descriptor == descriptor { return source }
    let copy = Memory(descriptor)
    let call = place.program.reorder(source, to: copy)
    place.backward(.parameterGradient) { _ in call.run() }
    return copy
  }
}
