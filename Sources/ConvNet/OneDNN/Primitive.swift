import COneDNN

/// What to fuse into a primitive; the scratchpad is always the caller's.
final class PrimitiveAttributes {
  let handle: dnnl_primitive_attr_t

  init(relu: Bool = false) throws {
    var attributes: dnnl_primitive_attr_t?
    try OneDNN.check(OneDNN.library.primitive_attr_create(&attributes), "dnnl_primitive_attr_create")
    handle = attributes!
    try OneDNN.check(
      OneDNN.library.primitive_attr_set_scratchpad_mode(handle, dnnl_scratchpad_mode_user),
      "dnnl_primitive_attr_set_scratchpad_mode")
    guard relu else { return }
    var operations: dnnl_post_ops_t?
    try OneDNN.check(OneDNN.library.post_ops_create(&operations), "dnnl_post_ops_create")
    try OneDNN.check(conednn_append_relu(operations), "dnnl_post_ops_append_eltwise")
    try OneDNN.check(OneDNN.library.primitive_attr_set_post_ops(handle, operations), "dnnl_primitive_attr_set_post_ops")
    _ = OneDNN.library.post_ops_destroy(operations)
  }

  deinit { _ = OneDNN.library.primitive_attr_destroy(handle) }
}

/// What an operation is made of: its operands, as far as it has them. In a backward operation each stands for the gradient by it
/// where that is what the operation reads or writes.
struct Operands {
  var source: MemoryDescriptor?
  var weights: MemoryDescriptor?
  var biases: MemoryDescriptor?
  var target: MemoryDescriptor?

  fileprivate var raw: conednn_operands {
    conednn_operands(source: source?.raw, weights: weights?.raw, biases: biases?.raw, target: target?.raw)
  }
}

/// An implementation that oneDNN has chosen for an operation, with the layouts that it wants.
final class PrimitiveDescriptor {
  let handle: dnnl_primitive_desc_t

  private init(_ handle: dnnl_primitive_desc_t) { self.handle = handle }

  /// Nil where oneDNN has no implementation.
  /// - Parameters:
  ///   - operands: kept alive while `create` runs.
  ///   - hint: the forward primitive of a backward one.
  ///   - create: one of the functions of the module COneDNN.
  static func find(
    _ operands: Operands, relu: Bool = false, hint: PrimitiveDescriptor? = nil,
    _ create: (
      _ found: inout dnnl_primitive_desc_t?, _ context: inout conednn_context, _ operands: inout conednn_operands
    ) -> dnnl_status_t
  ) throws -> PrimitiveDescriptor? {
    var handle: dnnl_primitive_desc_t?
    let attributes = try PrimitiveAttributes(relu: relu)
    let status = withExtendedLifetime((operands, attributes, hint)) {
      var context = conednn_context(engine: OneDNN.engine, attributes: attributes.handle, hint: hint?.handle)
      var raw = operands.raw
      return create(&handle, &context, &raw)
    }
    if status == dnnl_unimplemented { return nil }
    try OneDNN.check(status, "making a primitive")
    return PrimitiveDescriptor(handle!)
  }

  /// The implementation of an operation that is always there; see `find`.
  /// - Parameter name: the operation's, for the error of a processor that has none.
  static func make(
    _ name: String, _ operands: Operands, relu: Bool = false, hint: PrimitiveDescriptor? = nil,
    _ create: (inout dnnl_primitive_desc_t?, inout conednn_context, inout conednn_operands) -> dnnl_status_t
  ) throws -> PrimitiveDescriptor {
    guard let found = try find(operands, relu: relu, hint: hint, create) else {
      throw BackendError("it has no \(name) of these sizes for this processor")
    }
    return found
  }

  /// A change of layout or type.
  convenience init(reorder source: MemoryDescriptor, to target: MemoryDescriptor) throws {
    var handle: dnnl_primitive_desc_t?
    let attributes = try PrimitiveAttributes()
    var context = conednn_context(engine: OneDNN.engine, attributes: attributes.handle, hint: nil)
    try OneDNN.check(conednn_reorder(&handle, &context, source.raw, target.raw), "dnnl_reorder_primitive_desc_create")
    self.init(handle!)
  }

  deinit { _ = OneDNN.library.primitive_desc_destroy(handle) }

  /// What an argument must look like, such as `dnnl_query_src_md`; zero-sized where there is none.
  func descriptor(_ query: dnnl_query_t) -> MemoryDescriptor {
    MemoryDescriptor(owning: conednn_wanted_layout(handle, query))
  }

  /// The name of the implementation: `jit_wino_4x3:avx512_core`.
  var implementation: String {
    var text: UnsafePointer<CChar>?
    let status = withUnsafeMutablePointer(to: &text) {
      OneDNN.library.primitive_desc_query(handle, dnnl_query_impl_info_str, 0, $0)
    }
    guard status == dnnl_success else { return "" }
    return text.map { String(cString: $0) } ?? ""
  }
}

/// A primitive with its arguments: made once, run every step.
final class PrimitiveCall {
  private let primitive: dnnl_primitive_t
  private let stream: OneDNNStream
  private let arguments: UnsafeMutableBufferPointer<dnnl_exec_arg_t>
  /// Keeps the arguments' memory alive.
  private let memories: [Memory]

  /// - Parameter scratchpad: where the primitive's working memory lies; nil for memory of its own.
  init(_ descriptor: PrimitiveDescriptor, _ arguments: [Int32: Memory], stream: OneDNNStream, scratchpad: SharedRegion?) throws {
    var handle: dnnl_primitive_t?
    try OneDNN.check(OneDNN.library.primitive_create(&handle, descriptor.handle), "dnnl_primitive_create")
    primitive = handle!
    self.stream = stream
    var all = arguments
    let working = descriptor.descriptor(dnnl_query_scratchpad_md)
    if working.size > 0 { all[DNNL_ARG_SCRATCHPAD] = try scratchpad?.memory(working) ?? Memory(working) }
    memories = Array(all.values)
    self.arguments = .allocate(capacity: all.count)
    _ = self.arguments.initialize(from: all.map { dnnl_exec_arg_t(arg: $0.key, memory: $0.value.handle) })
  }

  deinit {
    arguments.deallocate()
    _ = OneDNN.library.primitive_destroy(primitive)
  }

  func run() {
    let status = OneDNN.library.primitive_execute(primitive, stream.handle, Int32(arguments.count), arguments.baseAddress)
    // All that it needs was there when the call was made. Unlike a precondition's, this message is printed in release builds too.
    if status != dnnl_success { fatalError("dnnl_primitive_execute: \(OneDNN.text(status))") }
  }
}
