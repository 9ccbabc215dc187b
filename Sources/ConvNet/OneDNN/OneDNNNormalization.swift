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

  init(_ layer: LocalResponseNormalization, _ place: LayerPlace, input: Memory) throws {
    self.layer = layer
    self.place = place
    let program = place.program
    let source = try place.inPlanType(input)
    self.input = source
    let kind = program.purpose == .inference ? dnnl_forward_inference : dnnl_forward_training
    var constants = layer.constants
    forward = try .make("normalisation", Operands(source: source.descriptor)) {
      conednn_normalization_forward(&$0, &$1, kind, $2.source, &constants)
    }
    output = try Memory(forward.descriptor(dnnl_query_dst_md))
    let kept = forward.descriptor(dnnl_query_workspace_md)
    workspace = try program.purpose == .inference || kept.size == 0 ? nil : Memory(kept)
    var arguments = [DNNL_ARG_SRC: source, DNNL_ARG_DST: output]
    arguments[DNNL_ARG_WORKSPACE] = workspace
    let call = try program.call(forward, arguments)
    place.forward { _ in call.run() }
  }

  func compileBackward(above: Memory, wantsBelow: Bool) throws -> Memory? {
    guard wantsBelow else { return nil }
    let program = place.program
    let signal = try place.signal(above, as: output.descriptor)
    var constants = layer.constants
    let backward = try PrimitiveDescriptor.make("normalisation", Operands(source: input.descriptor), hint: forward) {
      conednn_normalization_backward(&$0, &$1, $2.source, &constants)
    }
    let below = try program.signal(input.descriptor)
    var arguments = [DNNL_ARG_SRC: input, DNNL_ARG_DIFF_DST: signal, DNNL_ARG_DIFF_SRC: below]
    arguments[DNNL_ARG_WORKSPACE] = workspace
    let call = try program.call(backward, arguments)
    place.backward(.inputGradient) { _ in call.run() }
    return below
  }
}

extension LocalResponseNormalization {
  /// oneDNN divides alpha by the size, as Caffe does.
  fileprivate var constants: conednn_normalization {
    conednn_normalization(size: Int64(size), alpha: alpha * Float(size), beta: beta, k: k)
  }
}
