import Foundation

/// Multinomial logistic loss over a batch, and its gradient.
///
/// loss = Σₙ (log Σⱼ exp(sₙⱼ) − sₙᵧ) / divisor, ∂loss/∂sₙⱼ = (softmax(sₙ)ⱼ − 1(j = y)) / divisor.
/// - Parameters:
///   - scores: `[N, K]` class scores.
///   - labels: N class indices.
///   - divisor: the size of the **global** batch, so that gradients are summed over ranks and never averaged twice.
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
    let (largest, sum) = exponentialSum(row)
    loss += log(sum) + Double(largest) - Double(row[label])
    let scale = factor / Float(sum)
    for j in 0..<classes { out[j] = exp(row[j] - largest) * scale }
    out[label] -= factor
  }
  return loss / Double(divisor)
}

/// softmax(scores) of one picture: the posterior of each class.
public func posteriors(_ scores: UnsafeMutableBufferPointer<Float>) -> [Float] {
  let (largest, sum) = exponentialSum(scores)
  return scores.map { exp($0 - largest) / Float(sum) }
}

/// The largest score m, and Σ exp(s − m). Subtracting m keeps the exponentials from overflowing.
private func exponentialSum(_ row: UnsafeMutableBufferPointer<Float>) -> (largest: Float, sum: Double) {
  var largest = -Float.infinity
  for value in row { largest = max(largest, value) }
  var sum = 0.0
  for value in row { sum += Double(exp(value - largest)) }
  return (largest, sum)
}
