import Kernels
import Sizes

/// Adds up the gradients of several passes, in the order of the passes.
public final class GradientSum: GradientAccumulation {
  private let gradients: FlatBuffer
  /// The sum so far; nil for a single pass, whose gradients are the sum already.
  private let sum: FlatBuffer?
  private let parts: Int
  private let team: ThreadTeam

  /// - Parameter parts: the number of passes per batch.
  public init(_ store: ParameterStore, parts: Int, team: ThreadTeam) throws(MemoryError) {
    gradients = store.gradients
    sum = parts > 1 ? try FlatBuffer(count: store.gradients.count) : nil
    self.parts = parts
    self.team = team
  }

  public func add(_ range: Range<Int>, part: Int) {
    guard let sum else { return }
    team.split(range.count, grain: 1024) { [gradients, parts] _, share in
      let at = range.lowerBound + share.lowerBound
      if part == 0 {
        (sum.pointer + at).update(from: gradients.pointer + at, count: share.count)
      } else if part == parts - 1 {
        kernels_add(gradients.pointer + at, sum.pointer + at, share.count)
      } else {
        kernels_add(sum.pointer + at, gradients.pointer + at, share.count)
      }
    }
  }
}
