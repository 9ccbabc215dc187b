import COneDNN

/// Max pooling. Sizes round up: the windows at the right and the bottom reach into padding that never wins.
/// A NaN in a window is passed over.
final class OneDNNMaxPooling: OneDNNLayer {
  let output: Memory
  private let place: LayerPlace
  private let layer: MaxPooling
  private let input: Memory
  private let forward: PrimitiveDescriptor
  /// Where each maximum came from.
  private let switches: Memory?

  init(_ layer: MaxPooling, _ place: LayerPlace, input: Memory) {
    self.layer = layer
    self.place = place
    let program = place.program
    let source = place.inPlanType(input)
    self.input = source
    var sourceDescriptor = source.descriptor.raw
    var target = MemoryDescriptor(MemoryDescriptor.dimensions(program.batch, place.output), program.type, dnnl_format_tag_any).raw
    let window = Window(layer, place)
    var operation = dnnl_pooling_desc_t()
    OneDNN.check(
      dnnl_pooling_forward_desc_init(
        &operation, program.purpose == .inference ? dnnl_forward_inference : dnnl_forward_training, dnnl_pooling_max,
        &sourceDescriptor, &target, window.strides, window.kernel, window.before, window.after),
      "dnnl_pooling_forward_desc_init")
    forward = .make(operation)
    output = Memory(forward.descriptor(dnnl_query_dst_md))
    var arguments = [DNNL_ARG_SRC: source, DNNL_ARG_DST: output]
    switches = program.purpose == .inference ? nil : Memory(forward.descriptor(dnnl_query_workspace_md))
    arguments[DNNL_ARG_WORKSPACE] = switches
    let call = program.call(forward, arguments)
    place.forward { _ in call.run() }
  }

  private struct Window {
    let strides: [Int64]
    let kernel: [Int64]
    let before: [Int64] = [0, 0]
    let after: [Int64]

    init(_ layer: MaxPooling, _ place: LayerPlace) {
      func overhang(_ input: Int, _ output: Int) -> Int64 { Int64((output - 1) * layer.stride + layer.window - input) }
      strides = [Int64(layer.stride), Int64(layer.stride)]
      kernel = [Int64(layer.window), Int64(layer.window)]
      after = [overhang(place.input.height, place.output.height), overhang(place.input.width, place.output.width)]
    }
  }

  func compileBackward(above: Memory, wantsBelow: Bool) -> Memory? {
    guard wantsBelow, let switches else { return nil }
    let program = place.program
    let signal = place.signal(above, as: output.descriptor)
    let window = Window(layer, place)
    var source = input.descriptor.raw
    var target = output.descriptor.raw
    var operation = dnnl_pooling_desc_t()
    OneDNN.check(
      dnnl_pooling_backward_desc_init(
        &operation, dnnl_pooling_max, &source, &target, window.strides, window.kernel, window.before, window.after),
      "dnnl_pooling_backward_desc_init")
    let below = program.signal(input.descriptor)
    let call = program.call(
      .make(operation, hint: forward),
      [DNNL_ARG_DIFF_DST: signal, DNNL_ARG_WORKSPACE: switches, DNNL_ARG_DIFF_SRC: below])
    place.backward(.inputGradient) { _ in call.run() }
    return below
  }
}
