import COneDNN

/// Dimensions, element type and layout of a tensor, as a value.
struct MemoryDescriptor: Equatable {
  /// Owns oneDNN's description of a layout.
  private final class Layout {
    /// Nil for an argument that a primitive doesn't have.
    let handle: conednn_layout?

    init(_ handle: conednn_layout?) { self.handle = handle }

    deinit { if let handle { conednn_layout_destroy(handle) } }
  }

  private let layout: Layout

  /// - Parameter owned: is freed with the last copy of the value.
  init(owning owned: conednn_layout?) { layout = Layout(owned) }

  /// - Parameter tag: a layout by name, or `dnnl_format_tag_any` where the primitive is to choose.
  init(_ dimensions: [Int], _ type: dnnl_data_type_t, _ tag: dnnl_format_tag_t) throws {
    var handle: conednn_layout?
    try OneDNN.check(
      conednn_layout_create(&handle, Int32(dimensions.count), dimensions.map(Int64.init), type, tag),
      "conednn_layout_create(\(dimensions))")
    self.init(owning: handle)
  }

  /// `[N, C, H, W]` in C order: the layout of `Tensor`.
  init(plain count: Int, _ shape: Shape, _ type: dnnl_data_type_t) throws {
    try self.init(Self.dimensions(count, shape), type, dnnl_nchw)
  }

  static func dimensions(_ count: Int, _ shape: Shape) -> [Int] { [count, shape.channels, shape.height, shape.width] }

  static func == (a: MemoryDescriptor, b: MemoryDescriptor) -> Bool {
    if a.layout === b.layout { return true }
    guard let a = a.raw, let b = b.raw else { return a.raw == nil && b.raw == nil }
    return OneDNN.library.memory_desc_equal(a, b) != 0
  }

  /// For a call that only reads it, while this value lives.
  var raw: conednn_layout_in? { layout.handle.flatMap { conednn_layout_reading($0) } }
  /// Bytes, with the zeros that fill the last block of channels; 0 where there is no such argument.
  var size: Int { raw.map { OneDNN.library.memory_desc_get_size($0) } ?? 0 }
  var type: dnnl_data_type_t { conednn_layout_type(raw) }
  /// Dimensions: 4 for `[N, C, H, W]`.
  var dimensionCount: Int { Int(conednn_layout_dimensions(raw)) }
  /// Elements that the memory holds, the filling zeros among them.
  var elements: Int { size / (type == dnnl_f32 ? 4 : type == dnnl_bf16 ? 2 : 1) }
}

/// A tensor in memory: a descriptor and where its values lie.
final class Memory: @unchecked Sendable {
  // Unchecked: it has its place before its plan is used; then the plan's instructions decide who writes what when.
  let descriptor: MemoryDescriptor
  let handle: dnnl_memory_t
  /// Nil until the region that it lies in is allocated.
  private(set) var buffer: FlatBuffer?
  private var address: UnsafeMutableRawPointer?

  /// Without a buffer, one is attached later.
  init(unattached descriptor: MemoryDescriptor) throws {
    self.descriptor = descriptor
    var memory: dnnl_memory_t?
    try OneDNN.check(conednn_memory_create(&memory, descriptor.raw, OneDNN.engine), "dnnl_memory_create")
    handle = memory!
  }

  /// New memory, all zero.
  convenience init(_ descriptor: MemoryDescriptor) throws {
    try self.init(descriptor, in: FlatBuffer(count: (descriptor.size + 3) / 4))
  }

  /// A view of `buffer`, from its Float of that index on.
  convenience init(_ descriptor: MemoryDescriptor, in buffer: FlatBuffer, at offset: Int = 0) throws {
    try self.init(unattached: descriptor)
    try attach(buffer, at: offset)
  }

  /// The same values under another descriptor of the same size.
  func view(as descriptor: MemoryDescriptor) throws -> Memory {
    precondition(descriptor.size == self.descriptor.size, "a view keeps the size")
    let view = try Memory(unattached: descriptor)
    if let buffer { try view.attach(buffer, at: offset) } else { views.append(view) }
    return view
  }

  /// Views made before there was a buffer.
  private var views: [Memory] = []
  private var offset = 0

  func attach(_ buffer: FlatBuffer, at offset: Int = 0) throws {
    precondition(offset + (descriptor.size + 3) / 4 <= buffer.count, "the buffer is too small")
    self.buffer = buffer
    self.offset = offset
    address = UnsafeMutableRawPointer(buffer.pointer + offset)
    try OneDNN.check(OneDNN.library.memory_set_data_handle(handle, address), "dnnl_memory_set_data_handle")
    for view in views { try view.attach(buffer, at: offset) }
    views = []
  }

  deinit { _ = OneDNN.library.memory_destroy(handle) }

  var pointer: UnsafeMutableRawPointer {
    guard let address else { preconditionFailure("memory used before its region was allocated") }
    return address
  }
  var floats: UnsafeMutablePointer<Float> { pointer.assumingMemoryBound(to: Float.self) }
  var halves: UnsafeMutablePointer<UInt16> { pointer.assumingMemoryBound(to: UInt16.self) }
}

/// Memory that many tensors use in turn: as large as the largest, allocated once all are known.
final class SharedRegion {
  private var members: [Memory] = []

  func memory(_ descriptor: MemoryDescriptor) throws -> Memory {
    let memory = try Memory(unattached: descriptor)
    members.append(memory)
    return memory
  }

  func allocate() throws {
    let buffer = try FlatBuffer(count: ((members.map(\.descriptor.size).max() ?? 0) + 3) / 4)
    for member in members { try member.attach(buffer) }
    members = []
  }
}
