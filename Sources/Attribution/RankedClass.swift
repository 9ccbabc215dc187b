import ConvNet

/// One of the classes that a net prefers for a picture.
public struct RankedClass: Sendable, Hashable {
  public let index: Int
  /// S_c, before the softmax.
  public let score: Float
  public let posterior: Float

  public init(index: Int, score: Float, posterior: Float) {
    (self.index, self.score, self.posterior) = (index, score, posterior)
  }

  /// The `count` classes with the highest scores, highest first. If scores are equal, the lower index comes first; a score that
  /// is NaN comes last.
  public static func top(_ count: Int, of scores: UnsafeMutableBufferPointer<Float>) -> [RankedClass] {
    top(count, scores: Array(scores), posteriors: posteriors(scores))
  }

  /// The same by posterior, then by score, for averages over crops, whose two orders may differ.
  package static func top(_ count: Int, scores: [Float], posteriors: [Float]) -> [RankedClass] {
    func key(_ index: Int) -> (Float, Float) {
      let (posterior, score) = (posteriors[index], scores[index])
      return (posterior.isNaN ? -.infinity : posterior, score.isNaN ? -.infinity : score)
    }
    return scores.indices.sorted { key($0) != key($1) ? key($0) > key($1) : $0 < $1 }.prefix(count).map {
      RankedClass(index: $0, score: scores[$0], posterior: posteriors[$0])
    }
  }
}
