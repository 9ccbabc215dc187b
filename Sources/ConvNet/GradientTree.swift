import Kernels
import Sizes

/// Adds up the gradients of several passes in a binary tree that is made by halving:
///
///     Σ(0 ..< 4) = (g0 + g1) + (g2 + g3)
///
/// If the number of ranks is a power of two, all ranks have equally many passes, and the sum over the ranks is such a tree too,
/// then the bits of the result don't depend on the number of ranks. Each level of the tree takes a buffer as large as the
/// gradients.
public final class GradientTree: GradientAccumulation {
  private let gradients: FlatBuffer
  /// The sums of left halves that wait for their right halves, outermost first.
  private let waiting: [FlatBuffer]
  private let passes: Int
  private let team: ThreadTeam

  /// - Parameter passes: the number of passes per batch.
  public init(_ store: ParameterStore, passes: Int, team: ThreadTeam) throws(MemoryError) {
    gradients = store.gradients
    waiting = try (0..<Self.depth(of: passes)).map { _ throws(MemoryError) in try FlatBuffer(count: store.gradients.count) }
    self.passes = passes
    self.team = team
  }

  public func add(_ range: Range<Int>, part: Int) {
    let (added, kept) = Self.place(of: part, in: passes)
    team.split(range.count, grain: 1024) { [gradients, waiting] _, share in
      let at = range.lowerBound + share.lowerBound
      for depth in added { kernels_add(gradients.pointer + at, waiting[depth].pointer + at, share.count) }
      if let kept { (waiting[kept].pointer + at).update(from: gradients.pointer + at, count: share.count) }
    }
  }

  /// The number of levels of a tree made by halving.
  static func depth(of leaves: Int) -> Int { leaves <= 1 ? 0 : 1 + depth(of: leaves - leaves / 2) }

  /// What happens at a leaf: `added` are the depths of the left halves whose right halves end with this leaf, innermost first;
  /// `kept` is the depth at which the sum is then a left half itself, or nil after the last leaf.
  static func place(of leaf: Int, in leaves: Int) -> (added: [Int], kept: Int?) {
    var (low, high, depth) = (0, leaves, 0)
    var added: [Int] = []
    var kept: Int?
    while high - low > 1 {
      let middle = (low + high) / 2
      if leaf < middle {
        high = middle
        added = []
        kept = depth
      } else {
        low = middle
        added.insert(depth, at: 0)
      }
      depth += 1
    }
    return (added, kept)
  }
}
