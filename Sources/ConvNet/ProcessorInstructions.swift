import Kernels

/// The vector instructions that this processor reports.
enum ProcessorInstructions {
  static var hasAVX2: Bool { kernels_vector_bits() >= 256 }
  static var hasAVX512: Bool { kernels_vector_bits() >= 512 }

  /// The best of them in oneDNN's spelling.
  static var name: String { hasAVX512 ? "avx512_core" : hasAVX2 ? "avx2" : "below avx2" }
}
