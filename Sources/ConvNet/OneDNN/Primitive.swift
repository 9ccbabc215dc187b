import COneDNN

/// What to fuse into a primitive; the scratchpad is always the caller's.
final class PrimitiveAttributes {
  let handle: dnnl_primitive_attr_t

  init(relu: Bool = false) {
    var attributes: dnnl_primitive_attr_t?
    OneDNN.check(dnnl_primitive_attr_create(&attributes), "dnnl_primitive_attr_create")
    handle = attributes!
    OneDNN.check(
      dnnl_primitive_attr_set_scratchpad_mode(handle, dnnl_scratchpad_mode_user), "dnnl_primitive_attr_set_scratchpad_mode")
    guard relu else { return }
    var operations: dnnl_post_ops_t?
    OneDNN.check(dnnl_post_ops_create(&operations), "dnnl_post_ops_create")
    OneDNN.check(
      dnnl_post_ops_append_eltwise(operations, 1, dnnl_eltwise_relu, 0, 0), "dnnl_post_ops_append_eltwise")
    OneDNN.check(dnnl_primitive_attr_set_post_ops(handle, operations), "dnnl_primitive_attr_set_post_ops")
    dnnl_post_ops_destroy(operations)
  }

  deinit { dnnl_primitive_attr_destroy(handle) }
}

/// An implementation that oneDNN has chosen for an operation, with the layouts that it wants.
final class PrimitiveDescriptor {
  let handle: dnnl_primitive_desc_t

  private init(_ handle: dnnl_primitive_desc_t) { self.handle = handle }

  /// Nil where oneDNN has no implementation.
  /// - Parameters:
  ///   - operation: a `dnnl_…_desc_t` that its init function has filled.
  ///   - hint: the forward primitive of a backward one.
  static func find<Operation>(
    _ operation: Operation, relu: Bool = false, hint: PrimitiveDescriptor? = nil
  ) -> PrimitiveDescriptor? {
    var handle: dnnl_primitive_desc_t?
    let attributes = PrimitiveAttributes(relu: relu)
    let status = withUnsafePointer(to: operation) {
      dnnl_primitive_desc_create(&handle, $0, attributes.handle, OneDNN.engine, hint?.handle)
    }
    if status == dnnl_unimplemented { return nil }
    OneDNN.check(status, "dnnl_primitive_desc_create(\(Operation.self))")
    return PrimitiveDescriptor(handle!)
  }

  /// The implementation of an operation that is always there.
  static func make<Operation>(
    _ operation: Operation, relu: Bool = false, hint: PrimitiveDescriptor? = nil
  ) -> PrimitiveDescriptor {
    guard let found = find(operation, relu: relu, hint: hint) else {
      fatalError("dnnl_primitive_desc_create(\(Operation.self)): no implementation for this processor")
    }
    return found
  }

  /// A change of layout or type.
  convenience init(reorder source: MemoryDescriptor, to target: MemoryDescriptor) {
    var handle: dnnl_primitive_desc_t?
    var source = source.raw
    var target = target.raw
    let attributes = PrimitiveAttributes()
    OneDNN.check(
      dnnl_reorder_primitive_desc_create(&handle, &source, OneDNN.engine, &target, OneDNN.engine, attributes.handle),
      "dnnl_reorder_primitive_desc_create")
    self.init(handle!)
  }

  deinit { dnnl_primitive_desc_destroy(handle) }

  /// What an argument must look like, such as `dnnl_query_src_md`; zero-sized where there is none.
  func descriptor(_ query: dnnl_query_t) -> MemoryDescriptor {
    MemoryDescriptor(dnnl_primitive_desc_query_md(handle, query, 0)!.pointee)
  }

  /// The name of the implementation: `jit_wino_4x3:avx512_core`.
  var implementation: String {
    var text: UnsafePointer<CChar>?
    OneDNN.check(
      withUnsafeMutablePointer(to: &text) { dnnl_primitive_desc_query(handle, dnnl_query_impl_info_str, 0, $0) },
      "dnnl_primitive_desc_query")
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
  init(_ descriptor: PrimitiveDescriptor, _ arguments: [Int32: Memory], stream: OneDNNStream, scratchpad: SharedRegion?) {
    var handle: dnnl_primitive_t?
    OneDNN.check(dnnl_primitive_create(&handle, descriptor.handle), "dnnl_primitive_create")
    primitive = handle!
    self.stream = stream
    var all = arguments
    let working = descriptor.descriptor(dnnl_query_scratchpad_md)
    if working.size > 0 { all[DNNL_ARG_SCRATCHPAD] = scratchpad?.memory(working) ?? Memory(working) }
    memories = Array(all.values)
    self.arguments = .allocate(capacity: all.count)
    _ = self.arguments.initialize(from: all.map { dnnl_exec_arg_t(arg: $0.key, memory: $0.value.handle) })
  }

  deinit {
    arguments.deallocate()
    dnnl_primitive_destroy(primitive)
  }

  func run() {
    OneDNN.check(
      dnnl_primitive_execute(primitive, stream.handle, Int32(arguments.count), arguments.baseAddress),
      "dnnl_primitive_execute")
  }
}
