import CMPI
import Kernels

/// Sums gradients of ranks that share a host's memory.
///
/// A rank lays what the others need of its chunk where they see it, adds up one segment, and takes the others' sums:
///
///     rank 0    [a0 | b0]    b0 → shared, barrier, a0 + a1 → shared, barrier, b1 + b0 ← rank 1
///     rank 1    [a1 | b1]    a1 → shared, barrier, b1 + b0 → shared, barrier, a0 + a1 ← rank 0
///
/// So a value crosses from processor to processor as few times as can be: faster than `MPI_Allreduce`, whose messages are copied in
/// and out in small pieces (docs/performance.md). Terms are added in the order of the ranks from the segment's own on.
///
/// Source: `MPI_Win_allocate_shared`, MPI-3.1 section 11.2.3.
final class SharedMemorySum: GradientSum {
  /// Of a host, in values: 32 MiB, in containers half of what they are given.
  private static let capacity = 8 << 20
  /// Larger ones leave the cache, smaller ones meet too often.
  private static let largestChunk = 1 << 19

  let communicator: Communicator
  /// Values that are summed at a time; each rank has room for two, since it may be ahead by one.
  private let chunk: Int
  private var window: MPI_Win?
  /// Where each rank's memory begins.
  private var shared: [UnsafeMutablePointer<Float>] = []
  private var isOdd = false

  /// - Parameter communicator: of ranks on one host.
  /// - Throws: `MPIError`.
  /// - Note: collective
  init(_ communicator: Communicator) throws(MPIError) {
    self.communicator = communicator
    chunk = min(Self.largestChunk, Self.capacity / (2 * communicator.size))
    let bytes = 2 * chunk * MemoryLayout<Float>.stride
    let doing = "sharing memory among \(communicator.size) ranks"
    var own: UnsafeMutableRawPointer?
    try check(
      MPI_Win_allocate_shared(bytes, 1, cmpi_info_null(), communicator.handle, &own, &window), "MPI_Win_allocate_shared", doing)
    for rank in 0..<communicator.size {
      var size = 0
      var unit: Int32 = 0
      var base: UnsafeMutableRawPointer?
      try check(MPI_Win_shared_query(window, Int32(rank), &size, &unit, &base), "MPI_Win_shared_query", doing)
      shared.append(base!.assumingMemoryBound(to: Float.self))
    }
  }

  func sum(_ values: UnsafeMutableBufferPointer<Float>) throws(MPIError) {
    guard let base = values.baseAddress else { return }
    for start in stride(from: 0, to: values.count, by: chunk) {
      try sum(base + start, count: min(chunk, values.count - start))
    }
  }

  private func sum(_ values: UnsafeMutablePointer<Float>, count: Int) throws(MPIError) {
    let places = shared.map { $0 + (isOdd ? chunk : 0) }
    isOdd.toggle()
    let size = (count + communicator.size - 1) / communicator.size
    func segment(_ rank: Int) -> Range<Int> { min(rank * size, count)..<min((rank + 1) * size, count) }
    func copy(_ segment: Range<Int>, from source: UnsafeMutablePointer<Float>, to target: UnsafeMutablePointer<Float>) {
      (target + segment.lowerBound).update(from: source + segment.lowerBound, count: segment.count)
    }
    let (own, place) = (segment(communicator.rank), places[communicator.rank])
    let others = (1..<communicator.size).map { (communicator.rank + $0) % communicator.size }
    for other in others { copy(segment(other), from: values, to: place) }
    try communicator.barrier()
    for other in others { kernels_add(values + own.lowerBound, places[other] + own.lowerBound, own.count) }
    copy(own, from: values, to: place)
    try communicator.barrier()
    for other in others { copy(segment(other), from: places[other], to: values) }
  }
}
