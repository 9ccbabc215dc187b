import COpenBLAS
import Foundation

/// The kernels that OpenBLAS runs on this processor.
///
/// OpenBLAS knows processors by their model numbers. On a processor that is newer than the library it uses kernels for SSE3,
/// which are several times slower. The variable OPENBLAS_CORETYPE chooses other kernels, but it is read only once, when the
/// library is loaded.
public enum OpenBLASKernels {
  /// The environment variable that chooses the kernels.
  public static let variable = "OPENBLAS_CORETYPE"

  /// Names of kernels for AVX2 and better. Source: OpenBLAS 0.3, `driver/others/dynamic.c`.
  private static let modern: Set = ["Haswell", "Zen", "Excavator", "SkylakeX", "Cooperlake", "Sapphirerapids"]

  /// The kernels in use, such as `SkylakeX`. Source: `openblas_get_corename`.
  public static var chosen: String { String(cString: openblas_get_corename()) }

  /// The kernels that fit the processor's instructions; nil below AVX2, where OpenBLAS knows all processors.
  public static var fitting: String? {
    ProcessorInstructions.hasAVX512 ? "SkylakeX" : ProcessorInstructions.hasAVX2 ? "Haswell" : nil
  }

  /// A better value of `variable`, to be set before the library is loaded; nil if the choice is good, or the user has made it.
  public static var better: String? {
    modern.contains(chosen) || ProcessInfo.processInfo.environment[variable] != nil ? nil : fitting
  }
}
