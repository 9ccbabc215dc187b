import COpenBLAS
import Foundation

/// Which of its kernels OpenBLAS runs on this processor.
///
/// It knows processors by their model numbers, and falls back to SSE3 on one that is newer than itself: several times slower.
/// OPENBLAS_CORETYPE chooses otherwise, but is read once, when the library is loaded.
public enum OpenBLASKernels {
  /// The variable that chooses.
  public static let variable = "OPENBLAS_CORETYPE"

  /// Names of kernels for AVX2 and better. Source: OpenBLAS 0.3, `driver/others/dynamic.c`.
  private static let modern: Set = ["Haswell", "Zen", "Excavator", "SkylakeX", "Cooperlake", "Sapphirerapids"]

  /// The kernels in use, `SkylakeX`. Source: `openblas_get_corename`.
  public static var chosen: String { String(cString: openblas_get_corename()) }

  /// Those that fit the processor's instructions; nil below AVX2, where OpenBLAS knows all processors.
  public static var fitting: String? {
    ProcessorInstructions.hasAVX512 ? "SkylakeX" : ProcessorInstructions.hasAVX2 ? "Haswell" : nil
  }

  /// What `variable` should say before the library is loaded; nil where the choice is good, or somebody has made it.
  public static var better: String? {
    modern.contains(chosen) || ProcessInfo.processInfo.environment[variable] != nil ? nil : fitting
  }
}
