import Cluster
import Foundation

/// Errors of a network over a set of pictures, each counted once.
public struct EvaluationResult: Sendable, Codable, Hashable {
  public var pictures = 0
  public var top1Wrong = 0
  public var top5Wrong = 0
  public var lossSum = 0.0

  public var top1Error: Double { pictures == 0 ? .nan : Double(top1Wrong) / Double(pictures) }
  public var top5Error: Double { pictures == 0 ? .nan : Double(top5Wrong) / Double(pictures) }
  /// Mean negative log posterior of the right class.
  public var loss: Double { pictures == 0 ? .nan : lossSum / Double(pictures) }

  public init() {}

  /// Counts one picture: wrong among the first n when at least n other classes score as high as the right one or higher.
  /// A score that is not a number makes the picture wrong.
  public mutating func add(posterior: [Float], label: Int) {
    let own = posterior[label]
    var above = 0
    for (index, value) in posterior.enumerated() where index != label && !(value < own) { above += 1 }
    pictures += 1
    top1Wrong += above >= 1 ? 1 : 0
    top5Wrong += above >= 5 ? 1 : 0
    lossSum -= Double(log(max(own, .leastNormalMagnitude)))
  }

  /// The sum over all ranks. - Note: collective
  func summed(over communicator: Communicator) throws -> EvaluationResult {
    var counts = [pictures, top1Wrong, top5Wrong]
    var loss = [lossSum]
    try communicator.allReduceSum(&counts)
    try communicator.allReduceSum(&loss)
    var sum = EvaluationResult()
    (sum.pictures, sum.top1Wrong, sum.top5Wrong, sum.lossSum) = (counts[0], counts[1], counts[2], loss[0])
    return sum
  }
}

/// One picture's posteriors, and what they say.
public struct Prediction: Sendable {
  /// `[K]`, the mean over the picture's crops.
  public let posterior: [Float]
  /// Up to five classes, the likeliest first; of equals another than the right one, so that the first is right exactly when
  /// `EvaluationResult` counts it so.
  public let classes: [Int]

  public init(posterior: [Float], label: Int) {
    self.posterior = posterior
    func precedes(_ a: Int, _ b: Int) -> Bool {
      let (left, right) = (posterior[a], posterior[b])
      if !(left < right), !(right < left) { return b == label }
      return left > right
    }
    var best: [Int] = []
    for index in posterior.indices {
      guard best.count < 5 || precedes(index, best[4]) else { continue }
      best.insert(index, at: best.firstIndex { precedes(index, $0) } ?? best.count)
      if best.count > 5 { best.removeLast() }
    }
    classes = best
  }
}
