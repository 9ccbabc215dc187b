import Foundation

/// A line of `metrics.jsonl` as a reader sees it. Fields that a line doesn't have, or that an earlier version didn't write, are
/// nil.
struct MetricsLine: Decodable {
  let kind: String
  let step: Int
  /// The epochs done: with a fraction in the line of a step, whole in the line of an epoch.
  let epoch: Double
  let learningRate: Double?

  let loss: Double?
  let imagesPerSecond: Double?
  let dataWaitSeconds: Double?
  let reductionWaitSeconds: Double?

  let trainLoss: Double?
  let valTop1Error: Double?
  let valTop5Error: Double?
  let valLoss: Double?
  let seconds: Double?

  /// True if all numbers are such as a run can write: counts are whole numbers that are exact in JSON, and the others stay within
  /// what a page can show.
  var isSensible: Bool {
    let others = [
      learningRate, loss, imagesPerSecond, dataWaitSeconds, reductionWaitSeconds, trainLoss, valTop1Error, valTop5Error, valLoss,
      seconds,
    ]
    return (0...(1 << 53)).contains(step) && (0...1e9).contains(epoch)
      && others.allSatisfy { $0.map { (-1e15...1e15).contains($0) } ?? true }
  }
}
