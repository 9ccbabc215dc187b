import Foundation

/// Notices a network that doesn't start to learn: its loss stays at ln K, that of guessing among K classes.
struct StuckLossWatch {
  /// Updates over which the loss is averaged.
  static let window = 500
  /// Of ln K, within which the mean counts as stuck.
  static let tolerance = 0.01

  private let guessing: Double
  private var sum = 0.0
  private var count = 0

  init(classCount: Int) { guessing = log(Double(classCount)) }

  /// Takes in an update's loss.
  /// - Returns: a warning at the end of a window in which nothing was learnt.
  mutating func add(_ loss: Double) -> String? {
    sum += loss
    count += 1
    guard count == Self.window else { return nil }
    let mean = sum / Double(count)
    (sum, count) = (0, 0)
    guard abs(mean - guessing) <= Self.tolerance * guessing else { return nil }
    return String(
      format:
        "the loss is stuck: %.4f over the last %d updates, and guessing gives ln K = %.4f. Start anew with --recipe fast, or with "
        + "--initialization lsuv or --optimizer adamw alone; try another --learning-rate (a tenth, or three times as much), "
        + "--warmup-epochs 1, or another --seed; see that the class folders hold what their names say",
      mean, Self.window, guessing)
  }
}
