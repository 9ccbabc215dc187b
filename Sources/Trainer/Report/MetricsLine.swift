import Foundation

/// A line of `metrics.jsonl` as a reader sees it: fields that a line doesn't have, or that an earlier version didn't write, are nil.
struct MetricsLine: Decodable {
  let kind: String
  let step: Int
  /// Epochs done: with the part of the present one in a line of a step, whole in a line of an epoch.
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
}
