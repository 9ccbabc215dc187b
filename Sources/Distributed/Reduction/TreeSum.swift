import Kernels

/// Sums gradients in the order of a binary tree over the ranks: with four, (g0 + g1) + (g2 + g3).
///
/// So the sum's bits are a function of the tree alone, and when each rank has summed its own part of a larger tree in the same
/// way, they don't depend on how many ranks share it. At distance 1, 2, 4, … two ranks swap halves of what they still have and
/// add; then the finished pieces go back the same way. That is as many bytes as the best all-reduce sends.
///
/// Source: Rabenseifner, *Optimization of Collective Reduction Operations* (2004), recursive halving and doubling.
final class TreeSum: RankSum {
  let communicator: Communicator
  private let received: UnsafeMutablePointer<Float>

  /// - Parameter communicator: of 1, 2, 4, 8, … ranks.
  init(_ communicator: Communicator) {
    self.communicator = communicator
    received = .allocate(capacity: GradientReduction.chunk / 2 + 1)
  }

  deinit { received.deallocate() }

  func sum(_ chunk: UnsafeMutableBufferPointer<Float>) throws(MPIError) {
    guard let base = chunk.baseAddress else { return }
    try halve(base, 0..<chunk.count, distance: 1)
  }

  /// Makes `range` hold the tree's sum over all ranks, given that it holds that over the aligned group of `distance` ranks.
  private func halve(_ base: UnsafeMutablePointer<Float>, _ range: Range<Int>, distance: Int) throws(MPIError) {
    if distance == communicator.size { return }
    let partner = communicator.rank ^ distance
    let middle = (range.lowerBound + range.upperBound) / 2
    let (low, high) = (range.lowerBound..<middle, middle..<range.upperBound)
    let (mine, theirs) = communicator.rank < partner ? (low, high) : (high, low)
    try swap(base + theirs.lowerBound, theirs.count, to: partner, received, mine.count, from: partner)
    // a + b and b + a have the same bits: it doesn't matter which of the two ranks adds.
    kernels_add(base + mine.lowerBound, received, mine.count)
    try halve(base, mine, distance: 2 * distance)
    try swap(base + mine.lowerBound, mine.count, to: partner, base + theirs.lowerBound, theirs.count, from: partner)
  }
}
