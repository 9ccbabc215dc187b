import COneDNN

/// Local response normalisation across channels, in the layout that comes.
final class OneDNNNormalization: OneDNNLayer {
  let output: Memory
  private let place: LayerPlace
  private let layer: LocalResponseNormalization
  private let input: Memory
  private let forward: PrimitiveDescriptor
  /// What the forward pass keeps for the backward one; some implementations need nothing.
  private let workspace: Memory?

  init(_ layer: LocalResponseNormalization, _ place: LayerPlace, input: Memory) {
    self.layer = layer
    self.place = place
    let program = place.program
    let source = place.inPlanType(input)
    self.input = source
    var data = source.descriptor.raw
    var operation = dnnl_lrn_desc_t()
    OneDNN.check(
      dnnl_lrn_forward_desc_init(
        &operation, program.purpose == .inference ? dnnl_forward_inference : dnnl_forward_training, dnnl_lrn_across_channels,
        &data, Int64(layer.size), layer.alphaTimesSize, layer.beta, layer.k),
      "dnnl_lrn_forward_desc_init")
    forward = .make(operation)
    output = Memory(forward.descriptor(dnnl_query_dst_md))
    let kept = forward.descriptor(dnnl_query_workspace_md)
    workspace = program.purpose == .inference || kept.size == 0 ? nil : Memory(kept)
    var arguments = [DNNL_ARG_SRC: source, DNNL_ARG_DST: output]
    arguments[DNNL_ARG_WORKSPACE] = workspace
    let call = program.call(forward, arguments)
    place.forward { _ in call.run() }
  }

  func compileBackward(above: Memory, wantsBelow: Bool) -> Memory? {
    guard wantsBelow else { return nil }
    let program = place.program
    let signal = place.signal(above, as: output.descriptor)
    var data = input.descriptor.raw
    var operation = dnnl_lrn_desc_t()
    OneDNN.check(
      dnnl_lrn_backward_desc_init(
        &operation, dnnl_lrn_across_channels, &data, &data, Int64(layer.size), layer.alphaTimesSize, layer.beta, layer.k),
      "dnnl_lrn_backward_desc_init")
    let below = program.signal(input.descriptor)
    var arguments = [DNNL_ARG_SRC: input, DNNL_ARG_DIFF_DST: signal, DNNL_ARG_DIFF_SRC: below]
    arguments[DNNL_ARG_WORKSPACE] = workspace
    let call = program.call(.make(operation, hint: forward), arguments)
    place.backward(.inputGradient) { _ in call.run() }
    return below
  }
}

extension LocalResponseNormalization {
  /// oneDNN divides alpha by the size, as Caffe does.
  fileprivate var alphaTimesSize: Float { alpha * Float(size) }
}
