import Foundation

/// Multinomial logistic loss over a batch, and its gradient.
///
/// loss = Σₙ (log Σⱼ exp(sₙⱼ) − Σⱼ qₙⱼ·sₙⱼ) / divisor, ∂loss/∂sₙⱼ = (softmax(sₙ)ⱼ − qₙⱼ) / divisor, where the targets are
/// qₙⱼ = (1 − α)·1(j = y) + α / K with the smoothing α. Source of smoothing: Szegedy et al. 2016, section 7.
/// - Parameters:
///   - scores: `[N, K]` class scores.
///   - labels: N class indices.
///   - divisor: the size of the **global** batch, so that gradients are summed over ranks and never averaged twice.
///   - gradient: `[N, K]`, overwritten.
///   - smoothing: α, from 0 (the label alone) to 1.
///   - team: the threads that share the pictures; the result doesn't depend on them.
/// - Returns: this rank's share of the loss.
public func softmaxCrossEntropy(
  _ scores: Tensor, labels: UnsafeBufferPointer<Int32>, divisor: Int, gradient: Tensor, smoothing: Double = 0,
  team: ThreadTeam = ThreadTeam(workers: 1)
) -> Double {
  precondition(labels.count == scores.count && gradient.count == scores.count, "one label and one gradient row per picture")
  let factor = 1 / Float(divisor)
  var loss = 0.0
  // The losses of a few pictures at a time, which are added in order. They are on the stack, because a step allocates nothing.
  var losses = SIMD64<Double>()
  for start in stride(from: 0, to: scores.count, by: losses.scalarCount) {
    let count = min(losses.scalarCount, scores.count - start)
    var ownLabels = SIMD64<Int32>()
    for n in 0..<count { ownLabels[n] = labels[start + n] }
    withUnsafeMutablePointer(to: &losses) { losses in
      let losses = SharedPointer(UnsafeMutableRawPointer(losses).assumingMemoryBound(to: Double.self))
      team.split(count) { [ownLabels] _, range in
        for n in range {
          losses.pointer[n] = softmaxCrossEntropy(
            scores[start + n], label: ownLabels[n], factor: factor, smoothing: smoothing, gradient[start + n])
        }
      }
    }
    for n in 0..<count { loss += losses[n] }
  }
  return loss / Double(divisor)
}

/// Computes the loss of one picture, and writes its gradient times `factor` to `gradient`.
private func softmaxCrossEntropy(
  _ scores: UnsafeMutableBufferPointer<Float>, label: Int32, factor: Float, smoothing: Double,
  _ gradient: UnsafeMutableBufferPointer<Float>
) -> Double {
  let label = Int(label)
  precondition(scores.indices.contains(label), "label \(label) is none of \(scores.count) classes")
  let (largest, sum) = exponentialSum(scores)
  let scale = factor / Float(sum)
  for j in scores.indices { gradient[j] = exp(scores[j] - largest) * scale }
  if smoothing == 0 {
    gradient[label] -= factor
    return log(sum) + Double(largest) - Double(scores[label])
  }
  let share = smoothing / Double(scores.count)
  for j in scores.indices { gradient[j] -= Float(share) * factor }
  gradient[label] -= Float(1 - smoothing) * factor
  let all = scores.reduce(0.0) { $0 + Double($1) }
  return log(sum) + Double(largest) - (1 - smoothing) * Double(scores[label]) - share * all
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
