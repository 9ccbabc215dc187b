import CMPI
import Kernels

/// Sums gradients that travel as bfloat16: half the bytes of float32.
///
/// Each rank owns a segment of the chunk. It gets that segment from all ranks as bfloat16, adds them up in float32 in the order of
/// ranks, rounds the sum to bfloat16 and gives it to all:
///
///               rank 0         rank 1
///     before    [a0 | b0]      [a1 | b1]
///     exchange  a0, r(a1)      r(b0), b1         each on its owner, rounded: r
///     after     [A | B]        [A | B]           A = r(r(a0) + r(a1)), B = r(r(b0) + r(b1))
///
/// So a gradient is rounded twice however many ranks there are, by at most 2⁻⁸ of itself each time: where the ranks' gradients
/// don't cancel, the sum is right to 2⁻⁷, far below the noise of a batch. The error of rounding isn't fed back into the next step: that
/// would be one more state to save, and training ends no better for it. The momentum, the weights and the accumulation of gradients
/// stay float32.
///
/// Source: `MPI_Alltoall` and `MPI_Allgather`, MPI-3.1 sections 5.8 and 5.7.
final class BFloat16Sum: RankSum {
  let communicator: Communicator
  /// One segment per rank: the values that are sent, and those that are received.
  private let outgoing, incoming: UnsafeMutablePointer<UInt16>
  private let total: UnsafeMutablePointer<Float>

  init(_ communicator: Communicator) {
    self.communicator = communicator
    let segment = (GradientReduction.chunk + communicator.size - 1) / communicator.size
    outgoing = .allocate(capacity: segment * communicator.size)
    incoming = .allocate(capacity: segment * communicator.size)
    total = .allocate(capacity: segment)
  }

  deinit {
    outgoing.deallocate()
    incoming.deallocate()
    total.deallocate()
  }

  func sum(_ chunk: UnsafeMutableBufferPointer<Float>) throws(MPIError) {
    guard let base = chunk.baseAddress else { return }
    let ranks = communicator.size
    let segment = (chunk.count + ranks - 1) / ranks
    kernels_to_bf16(outgoing, base, chunk.count)
    (outgoing + chunk.count).update(repeating: 0, count: ranks * segment - chunk.count)
    try check(
      MPI_Alltoall(
        outgoing, Int32(segment), cmpi_uint16(), incoming, Int32(segment), cmpi_uint16(), communicator.handle),
      "MPI_Alltoall", "exchanging \(chunk.count) gradients among \(ranks) ranks")
    kernels_from_bf16(total, incoming, segment)
    for rank in 1..<ranks { kernels_add_bf16(total, incoming + rank * segment, segment) }
    kernels_to_bf16(outgoing, total, segment)
    try check(
      MPI_Allgather(
        outgoing, Int32(segment), cmpi_uint16(), incoming, Int32(segment), cmpi_uint16(), communicator.handle),
      "MPI_Allgather", "gathering \(chunk.count) sums of gradients from \(ranks) ranks")
    kernels_from_bf16(base, incoming, chunk.count)
  }
}
