import Cluster
import Foundation
import Report

/// Errors of a network over a set of pictures, each counted once.
public struct EvaluationResult: Sendable, Codable, Hashable {
  public var pictures = 0
  public var top1Wrong = 0
  public var top5Wrong = 0
  public var lossSum = 0.0
  /// `[K]`, the same counts for the pictures of each class; empty before the first picture.
  public var classes: [ClassCount] = []

  public struct ClassCount: Sendable, Codable, Hashable {
    public var pictures = 0
    public var top1Wrong = 0
    public var top5Wrong = 0
  }

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
    if classes.isEmpty { classes = Array(repeating: ClassCount(), count: posterior.count) }
    classes[label].pictures += 1
    classes[label].top1Wrong += above >= 1 ? 1 : 0
    classes[label].top5Wrong += above >= 5 ? 1 : 0
  }

  /// The sum over all ranks. - Note: collective
  func summed(over communicator: Communicator) throws -> EvaluationResult {
    var counts = [pictures, top1Wrong, top5Wrong]
    var loss = [lossSum]
    try communicator.allReduceSum(&counts)
    try communicator.allReduceSum(&loss)
    var sum = EvaluationResult()
    (sum.pictures, sum.top1Wrong, sum.top5Wrong, sum.lossSum) = (counts[0], counts[1], counts[2], loss[0])
    sum.classes = try classCounts(over: communicator)
    return sum
  }

  /// A rank without pictures doesn't know how many classes there are.
  private func classCounts(over communicator: Communicator) throws -> [ClassCount] {
    let count = try communicator.allReduceMax(classes.count)
    var flat = classes.flatMap { [$0.pictures, $0.top1Wrong, $0.top5Wrong] }
    flat += Array(repeating: 0, count: 3 * count - flat.count)
    try communicator.allReduceSum(&flat)
    return stride(from: 0, to: flat.count, by: 3).map {
      ClassCount(pictures: flat[$0], top1Wrong: flat[$0 + 1], top5Wrong: flat[$0 + 2])
    }
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

extension ClassErrors {
  /// The errors by class of an evaluation.
  static func of(_ result: EvaluationResult, classes: [ClassID]) -> [ClassError] {
    zip(classes, result.classes).compactMap { id, counts in
      guard counts.pictures > 0 else { return nil }
      return ClassError(
        wnid: id.wnid, name: id.name, pictures: counts.pictures,
        top1Error: Double(counts.top1Wrong) / Double(counts.pictures),
        top5Error: Double(counts.top5Wrong) / Double(counts.pictures))
    }
  }
}
