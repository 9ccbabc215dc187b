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

  init(_ layer: MaxPooling, _ place: LayerPlace, input: Memory) throws {
    self.layer = layer
    self.place = place
    let program = place.program
    let source = try place.inPlanType(input)
    self.input = source
    let target = try MemoryDescriptor(
      MemoryDescriptor.dimensions(program.batch, place.output), program.type, dnnl_format_tag_any)
    let kind = program.purpose == .inference ? dnnl_forward_inference : dnnl_forward_training
    var window = Self.window(layer, place)
    forward = try .make("pooling", Operands(source: source.descriptor, target: target)) {
      conednn_max_pooling_forward(&$0, &$1, kind, &$2, &window)
    }
    output = try Memory(forward.descriptor(dnnl_query_dst_md))
    var arguments = [DNNL_ARG_SRC: source, DNNL_ARG_DST: output]
    switches = try program.purpose == .inference ? nil : Memory(forward.descriptor(dnnl_query_workspace_md))
    arguments[DNNL_ARG_WORKSPACE] = switches
    let call = try program.call(forward, arguments)
    place.forward { _ in call.run() }
  }

  private static func window(_ layer: MaxPooling, _ place: LayerPlace) -> conednn_window {
    func overhang(_ input: Int, _ output: Int) -> Int64 { Int64((output - 1) * layer.stride + layer.window - input) }
    let (stride, side) = (Int64(layer.stride), Int64(layer.window))
    return conednn_window(
      strides: (stride, stride), kernel: (side, side), before: (0, 0),
      after: (overhang(place.input.height, place.output.height), overhang(place.input.width, place.output.width)))
  }

  func compileBackward(above: Memory, wantsBelow: Bool) throws -> Memory? {
    guard wantsBelow, let switches else { return nil }
    let program = place.program
    let signal = try place.signal(above, as: output.descriptor)
    var window = Self.window(layer, place)
    let backward = try PrimitiveDescriptor.make(
      "pooling", Operands(source: input.descriptor, target: output.descriptor), hint: forward
    ) { conednn_max_pooling_backward(&$0, &$1, &$2, &window) }
    let below = try program.signal(input.descriptor)
    let call = try program.call(
      backward,
      [DNNL_ARG_DIFF_DST: signal, DNNL_ARG_WORKSPACE: switches, DNNL_ARG_DIFF_SRC: below])
    place.backward(.inputGradient) { _ in call.run() }
    return below
  }
}
