import Kernels
import Sizes

/// Adds up the gradients of several passes, so that a batch may be larger than what memory holds at once.
///
///     for part in parts {
///       try plan.backward(from: gradient(of: part)) { range in sum.add(range, isFirst:, isLast:) … }
///     }
public final class GradientSum {
  private let gradients: FlatBuffer
  private let sum: FlatBuffer
  private let team: ThreadTeam

  public init(_ store: ParameterStore, team: ThreadTeam) throws(MemoryError) {
    gradients = store.gradients
    sum = try FlatBuffer(count: store.gradients.count)
    self.team = team
  }

  /// Takes in the gradients of a range as a pass has made them; after the last pass they are the sum over all passes.
  public func add(_ range: Range<Int>, isFirst: Bool, isLast: Bool) {
    if isFirst, isLast { return }
    team.split(range.count, grain: 1024) { _, part in
      let at = range.lowerBound + part.lowerBound
      if isFirst {
        (sum.pointer + at).update(from: gradients.pointer + at, count: part.count)
      } else if isLast {
        kernels_add(gradients.pointer + at, sum.pointer + at, part.count)
      } else {
        kernels_add(sum.pointer + at, gradients.pointer + at, part.count)
      }
    }
  }
}
