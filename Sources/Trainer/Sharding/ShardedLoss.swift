import Cluster
import ConvNet
import Foundation

/// Multinomial logistic loss where each rank has the scores of some of the classes: a softmax over all ranks' scores.
///
/// For each picture the ranks exchange its largest score, Σ exp(s − largest) and the score of its class, but not all scores.
struct ShardedLoss {
  /// The classes of this rank.
  let classes: Range<Int>
  let communicator: Communicator
  let exchange: MatrixExchange
  /// α of the targets, and the number of all classes.
  let smoothing: Double
  let classCount: Int

  /// Writes the gradient by this rank's scores; see `softmaxCrossEntropy` for the whole.
  ///
  /// - Parameters:
  ///   - scores: `[N, classes.count]` of the global part of a batch.
  ///   - labels: N class indices.
  ///   - divisor: the global batch.
  ///   - counted: the pictures whose loss this rank counts.
  ///   - gradient: `[N, classes.count]`, overwritten.
  /// - Returns: the share of the mean loss of the pictures counted.
  /// - Note: collective
  func compute(_ scores: Tensor, labels: [Int], divisor: Int, counted: Range<Int>, gradient: Tensor) throws -> Double {
    let count = scores.count
    var largest = (0..<count).map { scores[$0].max() ?? -.infinity }
    try exchange.waiting { try communicator.allReduceMax(&largest) }
    // Of each picture the sum of exponentials, then the sum of targets times scores.
    let share = smoothing / Double(classCount)
    var sums = [Double](repeating: 0, count: 2 * count)
    for n in 0..<count {
      let row = scores[n]
      for j in row.indices { sums[n] += Double(exp(row[j] - largest[n])) }
      if smoothing > 0 { sums[count + n] = share * row.reduce(0.0) { $0 + Double($1) } }
      if classes.contains(labels[n]) { sums[count + n] += (1 - smoothing) * Double(row[labels[n] - classes.lowerBound]) }
    }
    try exchange.waiting { try communicator.allReduceSum(&sums) }
    let factor = 1 / Float(divisor)
    for n in 0..<count {
      let (row, out) = (scores[n], gradient[n])
      let scale = factor / Float(sums[n])
      for j in row.indices { out[j] = exp(row[j] - largest[n]) * scale - Float(share) * factor }
      if classes.contains(labels[n]) { out[labels[n] - classes.lowerBound] -= Float(1 - smoothing) * factor }
    }
    return counted.reduce(0) { $0 + log(sums[$1]) + Double(largest[$1]) - sums[count + $1] } / Double(divisor)
  }
}
