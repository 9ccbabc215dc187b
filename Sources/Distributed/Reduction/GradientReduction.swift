/// How gradients are summed over the ranks.
public enum GradientReduction: Sendable {
  /// In float32, in whatever order the MPI library finds fastest; all ranks get the same bits.
  case float32
  /// As bfloat16 on the wire, half of the bytes; see `BFloat16Sum`.
  case bfloat16
  /// In float32 and in the order of a binary tree over the ranks; see `TreeSum`. The number of ranks must be a power of two.
  case tree

  /// The most gradients that are summed in one call, of 4 MiB in float32: they stay in the cache.
  static let chunk = Communicator.chunkBytes / MemoryLayout<Float>.stride

  /// - Note: collective
  func makeSum(_ communicator: Communicator) throws(MPIError) -> any GradientSum {
    switch self {
    case .float32 where communicator.isOneHost: try SharedMemoryExchange(communicator)
    case .float32: AllReduceSum(communicator: communicator)
    case .bfloat16: BFloat16Sum(communicator)
    case .tree: TreeSum(communicator)
    }
  }
}

/// One way to sum a chunk of gradients over ranks.
protocol GradientSum {
  var communicator: Communicator { get }
  /// Replaces `chunk`, of at most `GradientReduction.chunk` values, by its sum. - Note: collective
  func sum(_ chunk: UnsafeMutableBufferPointer<Float>) throws(MPIError)
}

/// The library's own all-reduce.
struct AllReduceSum: GradientSum {
  let communicator: Communicator

  func sum(_ chunk: UnsafeMutableBufferPointer<Float>) throws(MPIError) { try communicator.allReduceSum(chunk) }
}
