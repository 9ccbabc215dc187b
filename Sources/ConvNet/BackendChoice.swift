/// Which library computes.
public enum BackendChoice: String, Sendable, Codable, CaseIterable {
  /// oneDNN where the processor has AVX2 or better, else OpenBLAS.
  case auto
  /// im2col and GEMM in float32, on any processor; the oracle of the other.
  case openblas
  /// JIT kernels in blocked layouts, in float32 and bfloat16.
  case onednn

  /// The backend that `auto` stands for on this processor; the others stand for themselves.
  public var resolved: BackendChoice { self == .auto ? (OneDNN.hasAVX2 ? .onednn : .openblas) : self }

  /// The instruction set that kernels are generated for on this processor, `avx512_core_bf16`.
  public static var instructionSet: String { OneDNN.instructionSet }

  /// Why this backend can't compute in that precision here, as a sentence; nil where it can.
  public func obstacle(to precision: Precision) -> String? {
    guard precision == .bfloat16 else { return nil }
    if resolved == .openblas { return "OpenBLAS computes in float32 alone; bfloat16 needs the backend onednn" }
    if !OneDNN.hasAVX512 {
      return "oneDNN computes in bfloat16 from AVX-512 on, this processor has \(OneDNN.instructionSet); choose float32"
    }
    return nil
  }

  /// What is to be said against that precision here although it works, as a sentence; nil where nothing is.
  public func advice(on precision: Precision) -> String? {
    guard precision == .bfloat16, obstacle(to: precision) == nil, !OneDNN.hasBFloat16 else { return nil }
    return "this processor has no instructions for it (\(OneDNN.instructionSet)), and emulates it several times slower than "
      + "it computes in float32; choose float32"
  }
}
