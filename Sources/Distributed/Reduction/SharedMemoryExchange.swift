import CMPI
import Kernels

/// Sums values over ranks that share a host's memory; each rank sums a share of the values.
///
/// A rank lays what the others need where they see it, piece by piece:
///
///     reduceScatter    rank 0 [a0 | b0]    b0 → shared, barrier, a0 + a1 ← rank 1
///                      rank 1 [a1 | b1]    a1 → shared, barrier, b1 + b0 ← rank 0
///     allGather        rank 0 [ a |   ]    a → shared, barrier, b ← rank 1
///                      rank 1 [   | b ]    b → shared, barrier, a ← rank 0
///
/// So a value crosses from processor to processor as few times as can be: faster than `MPI_Allreduce`, whose messages are copied in
/// and out in small pieces (docs/performance.md). Terms are added in the order of the ranks from the share's own on.
///
/// Source: `MPI_Win_allocate_shared`, MPI-3.1 section 11.2.3.
public final class SharedMemoryExchange: RankSum {
  /// Values of shared memory per host: 32 MiB, half of what containers have by default.
  private static let capacity = 8 << 20
  /// Values of each rank in one round: more of them don't stay in the cache, and with fewer the ranks meet too often.
  private static let largestChunk = 1 << 19

  let communicator: Communicator
  /// Values that go from one rank to another at a time; each rank has room for two rounds, since it may be ahead by one.
  private let piece: Int
  private let window: MPIHandle
  /// The other ranks, from the next one on.
  private let others: [Int]
  /// Where each rank's memory begins.
  private var shared: [UnsafeMutablePointer<Float>] = []
  private var isOdd = false

  /// - Parameter communicator: its ranks must be on one host.
  /// - Throws: `MPIError`.
  /// - Note: collective
  public init(_ communicator: Communicator) throws(MPIError) {
    self.communicator = communicator
    let ranks = communicator.size
    others = (1..<ranks).map { (communicator.rank + $0) % ranks }
    piece = min(Self.largestChunk, Self.capacity / (2 * ranks)) / ranks
    let bytes = 2 * ranks * piece * MemoryLayout<Float>.stride
    let doing = "sharing memory among \(ranks) ranks"
    var own: UnsafeMutableRawPointer?
    var window: MPI_Win?
    try check(
      MPI_Win_allocate_shared(bytes, 1, cmpi_info_null(), communicator.handle, &own, &window), "MPI_Win_allocate_shared", doing)
    self.window = MPIHandle(.window, window!)
    for rank in 0..<ranks {
      var size = 0
      var unit: Int32 = 0
      var base: UnsafeMutableRawPointer?
      try check(MPI_Win_shared_query(window, Int32(rank), &size, &unit, &base), "MPI_Win_shared_query", doing)
      shared.append(base!.assumingMemoryBound(to: Float.self))
    }
  }

  /// The share of `count` values that a rank sums.
  public func share(of count: Int, rank: Int) -> Range<Int> {
    (count * rank / communicator.size)..<(count * (rank + 1) / communicator.size)
  }

  /// Replaces this rank's share of `values` by its sum over the ranks; the rest stays as it is.
  ///
  /// - Throws: `MPIError`.
  /// - Note: collective
  public func reduceScatter(_ values: UnsafeMutableBufferPointer<Float>) throws(MPIError) {
    guard let base = values.baseAddress else { return }
    try inRounds(of: values.count) { places, part in
      for other in others { (places[rank] + other * piece).update(from: base + part(other).lowerBound, count: part(other).count) }
    } then: { places, part in
      for other in others { kernels_add(base + part(rank).lowerBound, places[other] + rank * piece, part(rank).count) }
    }
  }

  /// Replaces the others' shares of `values` by what these hold there.
  ///
  /// - Parameter received: called with each range that has been replaced, while it is in the cache.
  /// - Throws: `MPIError`.
  /// - Note: collective
  public func allGather(
    _ values: UnsafeMutableBufferPointer<Float>, received: (Range<Int>) -> Void = { _ in }
  ) throws(MPIError) {
    guard let base = values.baseAddress else { return }
    try inRounds(of: values.count) { places, part in
      places[rank].update(from: base + part(rank).lowerBound, count: part(rank).count)
    } then: { places, part in
      for other in others {
        (base + part(other).lowerBound).update(from: places[other], count: part(other).count)
        received(part(other))
      }
    }
  }

  func sum(_ values: UnsafeMutableBufferPointer<Float>) throws(MPIError) {
    try reduceScatter(values)
    try allGather(values)
  }

  private var rank: Int { communicator.rank }

  /// Goes through the values in rounds, each of one piece of every rank's share. What `lay` writes into this rank's shared memory the
  /// other ranks read in `then`.
  private func inRounds(
    of count: Int, _ lay: (_ places: [UnsafeMutablePointer<Float>], _ part: (_ rank: Int) -> Range<Int>) -> Void,
    then take: (_ places: [UnsafeMutablePointer<Float>], _ part: (_ rank: Int) -> Range<Int>) -> Void
  ) throws(MPIError) {
    let longest = (count + communicator.size - 1) / communicator.size
    for start in stride(from: 0, to: longest, by: piece) {
      let places = shared.map { $0 + (isOdd ? communicator.size * piece : 0) }
      isOdd.toggle()
      func part(_ rank: Int) -> Range<Int> {
        let share = share(of: count, rank: rank)
        return min(share.lowerBound + start, share.upperBound)..<min(share.lowerBound + start + piece, share.upperBound)
      }
      lay(places, part)
      try communicator.barrier()
      take(places, part)
    }
  }
}
