import COneDNN

/// Activations in `Tensor`'s plain float32, made on demand.
final class PlainView {
  private let tensor: Tensor
  private var call: PrimitiveCall?

  init(of memory: Memory, count: Int, shape: Shape, stream: OneDNNStream) throws {
    if try memory.isPlainFloat(count: count, shape), let buffer = memory.buffer {
      tensor = Tensor(count: count, shape: shape, storage: buffer)
      return
    }
    tensor = try Tensor(count: count, shape: shape)
    let target = try Memory(memory.plainDescriptor(count: count, shape), in: tensor.storage)
    call = try PrimitiveCall(
      PrimitiveDescriptor(reorder: memory.descriptor, to: target.descriptor),
      [DNNL_ARG_FROM: memory, DNNL_ARG_TO: target], stream: stream, scratchpad: nil)
  }

  func read() -> Tensor {
    call?.run()
    return tensor
  }
}

/// The way of a plain float32 gradient into the backward pass.
final class Entry {
  let staged: Tensor
  /// Pictures that `staged` holds; beyond them it is zero.
  var filled = 0
  /// From there into the layout wanted.
  let call: PrimitiveCall?

  init(into target: Memory, count: Int, shape: Shape, stream: OneDNNStream) throws {
    staged = try Tensor(count: count, shape: shape)
    let source = try Memory(target.plainDescriptor(count: count, shape), in: staged.storage)
    call = try PrimitiveCall(
      PrimitiveDescriptor(reorder: source.descriptor, to: target.descriptor),
      [DNNL_ARG_FROM: source, DNNL_ARG_TO: target], stream: stream, scratchpad: nil)
  }
}

extension Memory {
  /// Plain float32 with as many dimensions as this memory has.
  fileprivate func plainDescriptor(count: Int, _ shape: Shape) throws -> MemoryDescriptor {
    try descriptor.dimensionCount == 2
      ? MemoryDescriptor([count, shape.count], dnnl_f32, dnnl_ab) : MemoryDescriptor(plain: count, shape, dnnl_f32)
  }

  fileprivate func isPlainFloat(count: Int, _ shape: Shape) throws -> Bool {
    try descriptor == plainDescriptor(count: count, shape)
  }
}
