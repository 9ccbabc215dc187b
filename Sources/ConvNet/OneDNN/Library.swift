import COneDNN

/// The library as a whole: its one engine, what it runs on, and the checker of its calls.
enum OneDNN {
  private enum Opened: @unchecked Sendable {
    // Unchecked: functions, and an engine that oneDNN lets threads share; nothing of it changes.
    case no(String)
    case yes(conednn_functions, dnnl_engine_t)
  }

  /// Loaded once, never freed.
  private static let opened: Opened = {
    if let reason = conednn_load() { return .no(String(cString: reason)) }
    let functions = conednn_loaded()
    var engine: dnnl_engine_t?
    let status = functions.engine_create(&engine, dnnl_cpu, 0)
    guard status == dnnl_success, let engine else {
      return .no("dnnl_engine_create: \(functions.status2str(status).map { String(cString: $0) } ?? "\(status)")")
    }
    return .yes(functions, engine)
  }()

  private static var inUse: (functions: conednn_functions, engine: dnnl_engine_t) {
    guard case .yes(let functions, let engine) = opened else {
      preconditionFailure("oneDNN is used where it is missing: \(obstacle ?? "")")
    }
    return (functions, engine)
  }

  /// Why the library can't be used here, as the dynamic loader or the library itself says it; nil where it can. Asking loads it.
  static var obstacle: String? {
    if case .no(let reason) = opened { reason } else { nil }
  }

  /// Its functions, for who has made sure that there is no obstacle.
  static var library: conednn_functions { inUse.functions }

  /// The processor, seen as oneDNN's engine, for who has made sure that there is no obstacle.
  static var engine: dnnl_engine_t { inUse.engine }

  /// A status in the library's words, `out_of_memory`.
  static func text(_ status: dnnl_status_t) -> String { library.status2str(status).map { String(cString: $0) } ?? "\(status)" }

  /// - Throws: `BackendError` with the call's name and status: of a call that prepares a plan.
  static func check(_ status: dnnl_status_t, _ call: @autoclosure () -> String) throws {
    if status != dnnl_success { throw BackendError("\(call()): \(text(status))") }
  }

  /// `2.6.3`
  static var version: String {
    guard let version = library.version()?.pointee else { return "" }
    return "\(version.major).\(version.minor).\(version.patch)"
  }

  private static func has(_ isa: dnnl_cpu_isa_t) -> Bool {
    obstacle == nil && library.get_effective_cpu_isa().rawValue & isa.rawValue == isa.rawValue
  }

  /// JIT kernels start at AVX2; below it OpenBLAS is the faster.
  static var hasAVX2: Bool { has(dnnl_cpu_isa_avx2) }
  /// Winograd's kernels, and all of bfloat16, start at AVX-512.
  static var hasAVX512: Bool { has(dnnl_cpu_isa_avx512_core) }
  /// Below, bfloat16 is emulated.
  static var hasBFloat16: Bool { has(dnnl_cpu_isa_avx512_core_bf16) }
  /// Units for products of bfloat16 matrices.
  static var hasAMX: Bool { has(dnnl_cpu_isa_avx512_core_amx) }

  /// The instruction set that kernels are generated for, in oneDNN's spelling.
  static var instructionSet: String {
    let known: [(dnnl_cpu_isa_t, String)] = [
      (dnnl_cpu_isa_avx512_core_amx, "avx512_core_amx"), (dnnl_cpu_isa_avx512_core_bf16, "avx512_core_bf16"),
      (dnnl_cpu_isa_avx512_core_vnni, "avx512_core_vnni"), (dnnl_cpu_isa_avx512_core, "avx512_core"),
      (dnnl_cpu_isa_avx2, "avx2"), (dnnl_cpu_isa_avx, "avx"), (dnnl_cpu_isa_sse41, "sse41"),
    ]
    return known.first { has($0.0) }?.1 ?? "reference kernels"
  }
}

/// A queue of primitives; on the processor each runs to its end before the call returns.
final class OneDNNStream {
  let handle: dnnl_stream_t

  init() throws {
    var stream: dnnl_stream_t?
    try OneDNN.check(
      OneDNN.library.stream_create(&stream, OneDNN.engine, dnnl_stream_default_flags.rawValue), "dnnl_stream_create")
    handle = stream!
  }

  deinit { _ = OneDNN.library.stream_destroy(handle) }
}
