import Kernels

/// Sums gradients around a ring of ranks, each of which sends to the next and receives from the one before.
///
/// The chunk has one segment per rank. In the first round the sum of a segment grows from rank to rank, in the second the whole sums go
/// around. Each rank sends as little as can be, no link carries data for two neighbours at once, and ranks of one host follow each
/// other: on slow links up to 2.8 times as fast as `MPI_Allreduce`, most of all where the number of ranks is no power of two
/// (docs/performance.md).
/// All ranks get the same bits.
///
/// Source: Patarasu and Yuan, *Bandwidth optimal all-reduce algorithms for clusters of workstations* (2009).
final class RingSum: RankSum {
  let communicator: Communicator
  private let received: UnsafeMutablePointer<Float>

  init(_ communicator: Communicator) {
    self.communicator = communicator
    received = .allocate(capacity: GradientReduction.chunk / communicator.size + 1)
  }

  deinit { received.deallocate() }

  func sum(_ chunk: UnsafeMutableBufferPointer<Float>) throws(MPIError) {
    guard let base = chunk.baseAddress else { return }
    let (rank, ranks) = (communicator.rank, communicator.size)
    let (next, previous) = ((rank + 1) % ranks, (rank + ranks - 1) % ranks)
    // The sum of segment k is whole on the rank before k.
    func segment(_ steps: Int) -> Range<Int> {
      let index = (rank + 2 * ranks - steps) % ranks
      return (chunk.count * index / ranks)..<(chunk.count * (index + 1) / ranks)
    }
    for step in 0..<(ranks - 1) {
      let (out, back) = (segment(step), segment(step + 1))
      try swap(base + out.lowerBound, out.count, to: next, received, back.count, from: previous)
      kernels_add(base + back.lowerBound, received, back.count)
    }
    for step in 0..<(ranks - 1) {
      let (out, back) = (segment(step - 1), segment(step))
      try swap(base + out.lowerBound, out.count, to: next, base + back.lowerBound, back.count, from: previous)
    }
  }
}
