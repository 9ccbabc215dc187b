import CMPI

/// How gradients are summed over the ranks.
public enum GradientReduction: Sendable {
  /// In float32, through shared memory inside one host and around a ring between hosts; all ranks get the same bits.
  case float32
  /// What `float32` is between hosts; see `RingSum`.
  case ring
  /// As bfloat16 on the wire, half of the bytes; see `BFloat16Sum`.
  case bfloat16
  /// In float32 and in the order of a binary tree over the ranks; see `TreeSum`. The number of ranks must be a power of two.
  case tree

  /// The most gradients that are summed in one call, of 4 MiB in float32: they stay in the cache.
  static let chunk = Communicator.chunkBytes / MemoryLayout<Float>.stride

  /// - Note: collective
  func makeSum(_ communicator: Communicator) throws(MPIError) -> any RankSum {
    switch self {
    case .float32 where communicator.isOneHost: try SharedMemoryExchange(communicator)
    case .float32, .ring: RingSum(communicator)
    case .bfloat16: BFloat16Sum(communicator)
    case .tree: TreeSum(communicator)
    }
  }
}

/// One way to sum a chunk of gradients over ranks.
protocol RankSum {
  var communicator: Communicator { get }
  /// Replaces `chunk`, of at most `GradientReduction.chunk` values, by its sum. - Note: collective
  func sum(_ chunk: UnsafeMutableBufferPointer<Float>) throws(MPIError)
}

extension RankSum {
  /// Sends gradients to one rank while others come from one. Source: `MPI_Sendrecv`, MPI-3.1 section 3.10
  func swap(
    _ sent: UnsafePointer<Float>, _ sentCount: Int, to next: Int, _ received: UnsafeMutablePointer<Float>, _ receivedCount: Int,
    from previous: Int
  ) throws(MPIError) {
    try check(
      MPI_Sendrecv(
        sent, Int32(sentCount), Float.datatype, Int32(next), gradientTag,
        received, Int32(receivedCount), Float.datatype, Int32(previous), gradientTag, communicator.handle, cmpi_status_ignore()),
      "MPI_Sendrecv", "exchanging \(sentCount) gradients with ranks \(next) and \(previous)")
  }
}

private let gradientTag: Int32 = 401
