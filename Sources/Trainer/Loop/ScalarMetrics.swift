/// Metrics as named numbers of a step, for TensorBoard.
protocol ScalarMetrics {
  var step: Int { get }
  var scalars: [(tag: String, value: Double)] { get }
}

extension StepMetrics: ScalarMetrics {
  var scalars: [(tag: String, value: Double)] {
    [
      ("train/loss", loss), ("train/learning_rate", learningRate), ("train/epoch", epoch),
      ("speed/images_per_second", imagesPerSecond), ("speed/data_wait_seconds", dataWaitSeconds),
      ("speed/reduction_wait_seconds", reductionWaitSeconds),
    ]
  }
}

extension EpochMetrics: ScalarMetrics {
  var scalars: [(tag: String, value: Double)] {
    let values: [(String, Double?)] = [
      ("epoch/train_loss", trainLoss), ("validation/loss", valLoss), ("validation/top1_error", valTop1Error),
      ("validation/top5_error", valTop5Error), ("epoch/seconds", seconds),
    ]
    return values.compactMap { tag, value in value.map { (tag, $0) } }
  }
}
