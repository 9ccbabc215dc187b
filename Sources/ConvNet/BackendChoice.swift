/// The library that computes a plan.
public enum BackendChoice: String, Sendable, Codable, CaseIterable {
  /// oneDNN if it is installed and the processor has AVX2 or better, otherwise OpenBLAS.
  case auto
  /// im2col and GEMM in float32, on any processor. The results of oneDNN are tested against it.
  case openblas
  /// Kernels generated at run time, in blocked layouts, in float32 and bfloat16.
  case onednn

  /// The backend that `auto` stands for on this processor; the others stand for themselves.
  public var resolved: BackendChoice { self == .auto ? (OneDNN.hasAVX2 ? .onednn : .openblas) : self }

  /// The instruction set that kernels are generated for on this processor, such as `avx512_core_bf16`.
  public static var instructionSet: String { OneDNN.obstacle == nil ? OneDNN.instructionSet : ProcessorInstructions.name }

  /// The reason why oneDNN can't be used here, such as `libdnnl.so.2: cannot open shared object file`; nil if it can be used.
  public static var oneDNNObstacle: String? { OneDNN.obstacle }

  /// The reason why this backend can't compute in a precision on this processor, as a sentence; nil if it can.
  public func obstacle(to precision: Precision) -> String? {
    if self == .onednn, let missing = OneDNN.obstacle {
      return "oneDNN is not there (\(missing)): install it (./launch.sh setup), or choose the backend openblas"
    }
    guard precision == .bfloat16 else { return nil }
    if resolved == .openblas {
      let missing = OneDNN.obstacle.map { ", which is not there (\($0))" } ?? ""
      return "OpenBLAS computes in float32 alone; bfloat16 needs oneDNN\(missing)"
    }
    if !OneDNN.hasAVX512 {
      return "oneDNN computes in bfloat16 from AVX-512 on, this processor has \(OneDNN.instructionSet); choose float32"
    }
    return nil
  }

  /// A warning about this backend with a precision on this processor, where both work but better is to be had; nil if there is
  /// none.
  public func advice(on precision: Precision) -> String? {
    if self == .auto, let missing = OneDNN.obstacle, ProcessorInstructions.hasAVX2 {
      return "oneDNN is not there (\(missing)): OpenBLAS computes instead, more slowly and in float32 alone"
    }
    guard precision == .bfloat16, obstacle(to: precision) == nil, !OneDNN.hasBFloat16 else { return nil }
    return "this processor has no instructions for it (\(OneDNN.instructionSet)), and emulates it several times slower than "
      + "it computes in float32; choose float32"
  }
}
