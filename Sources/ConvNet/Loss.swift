import Foundation

/// Multinomial logistic loss over a batch, and its gradient.
///
/// loss = Σₙ (log Σⱼ exp(sₙⱼ) − sₙᵧ) / divisor, ∂loss/∂sₙⱼ = (softmax(sₙ)ⱼ − 1(j = y)) / divisor.
/// - Parameters:
///   - scores: `[N, K]` class scores.
///   - labels: N class indices.
///   - divisor: the **global** batch: gradients are then summed over ranks, never averaged twice.
///   - gradient: `[N, K]`, overwritten.
/// - Returns: this rank's share of the loss.
public func softmaxCrossEntropy(
  _ scores: Tensor, labels: UnsafeBufferPointer<Int32>, divisor: Int, gradient: Tensor
) -> Double {
  precondition(labels.count == scores.count && gradient.count == scores.count, "one label and one gradient row a picture")
  let classes = scores.shape.count
  let factor = 1 / Float(divisor)
  var loss = 0.0
  for n in 0..<scores.count {
    let row = scores[n]
    let out = gradient[n]
    let label = Int(labels[n])
    precondition(label >= 0 && label < classes, "label \(label) is none of \(classes) classes")
    let logSum = logSumExp(row)
    loss += Double(logSum - row[label])
    for j in 0..<classes { out[j] = exp(row[j] - logSum) * factor }
    out[label] -= factor
  }
  return loss / Double(divisor)
}

/// softmax(scores) of one picture: the posterior of every class.
public func posteriors(_ scores: UnsafeMutableBufferPointer<Float>) -> [Float] {
  let logSum = logSumExp(scores)
  return scores.map { exp($0 - logSum) }
}

private func logSumExp(_ row: UnsafeMutableBufferPointer<Float>) -> Float {
  var largest = -Float.infinity
  for value in row { largest = max(largest, value) }
  var sum: Float = 0
  for value in row { sum += exp(value - largest) }
  return largest + log(sum)
}
