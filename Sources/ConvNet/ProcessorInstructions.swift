import Kernels

/// The vector instructions of this processor, as it says itself.
enum ProcessorInstructions {
  static var hasAVX2: Bool { kernels_vector_bits() >= 256 }
  static var hasAVX512: Bool { kernels_vector_bits() >= 512 }

  /// In oneDNN's spelling, as far as it goes.
  static var name: String { hasAVX512 ? "avx512_core" : hasAVX2 ? "avx2" : "below avx2" }
}
