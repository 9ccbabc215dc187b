import CMPI
import Kernels

/// How the rows, or the columns, of a matrix are dealt out to the ranks.
public struct MatrixCut: Sendable {
  public enum Side: Sendable { case rows, columns }

  public let side: Side
  /// Rows and columns of the whole.
  public let rows, columns: Int
  /// The rows or columns of each rank; they follow each other and cover the side.
  public let parts: [Range<Int>]

  public init(_ side: Side, of rows: Int, by columns: Int, parts: [Range<Int>]) {
    precondition(parts.last?.upperBound == (side == .rows ? rows : columns), "\(parts) don't cover \(rows) × \(columns)")
    (self.side, self.rows, self.columns, self.parts) = (side, rows, columns, parts)
  }

  var count: Int { rows * columns }
  /// Values of each rank's block.
  var counts: [Int32] { parts.map { Int32($0.count * (side == .rows ? columns : rows)) } }
  /// Where each rank's block begins when they lie one after the other.
  var starts: [Int32] { parts.map { Int32($0.lowerBound * (side == .rows ? columns : rows)) } }
}

/// Exchanges matrices of activations of which each rank has a block: either all ranks get the whole, or each gets its block of a sum.
///
///               rank 0    rank 1
///     before    [a]       [b]
///     after     [a | b]   [a | b]            gather
///
///     before    [a | b]   [c | d]
///     after     [a + c]   [b + d]            scatterSum
///
/// As bfloat16 half of the bytes travel: values are rounded once, sums are formed in float32 in the order of the ranks.
///
/// Source: `MPI_Allgatherv`, `MPI_Reduce_scatter` and `MPI_Alltoallv`, MPI-3.1 sections 5.7, 5.10 and 5.8.
public final class MatrixExchange {
  /// How values travel.
  public enum Wire: Sendable { case float32, bfloat16 }

  /// Seconds spent in exchanges since it was made.
  public private(set) var seconds = 0.0

  private let communicator: Communicator
  private let capacity: Int
  /// The blocks one after the other.
  private let blocks: UnsafeMutablePointer<Float>
  private let outgoing, incoming: UnsafeMutablePointer<UInt16>

  /// - Parameters:
  ///   - communicator: used by nobody else while an exchange goes on.
  ///   - capacity: the values of the largest matrix.
  public init(_ communicator: Communicator, capacity: Int) {
    self.communicator = communicator
    self.capacity = capacity
    blocks = .allocate(capacity: capacity)
    outgoing = .allocate(capacity: capacity)
    // The terms of a block come from every rank, and a block may be one row or column larger than its share.
    incoming = .allocate(capacity: 2 * capacity)
  }

  deinit {
    blocks.deallocate()
    outgoing.deallocate()
    incoming.deallocate()
  }

  /// Runs a call that all ranks take part in: its time counts as waiting, also for the watchdog.
  public func waiting<Value, Failure>(_ body: () throws(Failure) -> Value) throws(Failure) -> Value {
    let start = ContinuousClock.now
    let before = Activity.said
    Activity.enter(.exchanging, step: before.step)
    defer {
      Activity.enter(before.phase, step: before.step)
      seconds += (ContinuousClock.now - start) / .seconds(1)
    }
    return try body()
  }

  /// - Parameters:
  ///   - own: this rank's block, row by row.
  ///   - all: the whole matrix, row by row.
  /// - Throws: `MPIError`.
  /// - Note: collective
  public func gather(
    _ own: UnsafePointer<Float>, into all: UnsafeMutablePointer<Float>, _ cut: MatrixCut, wire: Wire
  ) throws(MPIError) {
    precondition(cut.count <= capacity, "\(cut.rows) × \(cut.columns) is beyond \(capacity) values")
    try waiting { () throws(MPIError) in try gatherNow(own, into: all, cut, wire) }
  }

  private func gatherNow(
    _ own: UnsafePointer<Float>, into all: UnsafeMutablePointer<Float>, _ cut: MatrixCut, _ wire: Wire
  ) throws(MPIError) {
    let target = cut.side == .rows ? all : blocks
    let (counts, starts) = (cut.counts, cut.starts)
    let doing = "gathering \(cut.rows) × \(cut.columns) activations from \(cut.parts.count) ranks"
    switch wire {
    case .float32:
      try check(
        MPI_Allgatherv(
          own, counts[communicator.rank], Float.datatype, target, counts, starts, Float.datatype, communicator.handle),
        "MPI_Allgatherv", doing)
    case .bfloat16:
      kernels_to_bf16(outgoing, own, Int(counts[communicator.rank]))
      try check(
        MPI_Allgatherv(
          outgoing, counts[communicator.rank], cmpi_uint16(), incoming, counts, starts, cmpi_uint16(), communicator.handle),
        "MPI_Allgatherv", doing)
      kernels_from_bf16(target, incoming, cut.count)
    }
    if cut.side == .columns {
      cut.forEachSegment { matrix, block, count in (all + matrix).update(from: blocks + block, count: count) }
    }
  }

  /// - Parameters:
  ///   - terms: this rank's term of the whole matrix, row by row.
  ///   - own: this rank's block of the sum of all ranks' terms.
  /// - Throws: `MPIError`.
  /// - Note: collective
  public func scatterSum(
    _ terms: UnsafePointer<Float>, into own: UnsafeMutablePointer<Float>, _ cut: MatrixCut, wire: Wire
  ) throws(MPIError) {
    precondition(cut.count <= capacity, "\(cut.rows) × \(cut.columns) is beyond \(capacity) values")
    try waiting { () throws(MPIError) in try scatterSumNow(terms, into: own, cut, wire) }
  }

  private func scatterSumNow(
    _ terms: UnsafePointer<Float>, into own: UnsafeMutablePointer<Float>, _ cut: MatrixCut, _ wire: Wire
  ) throws(MPIError) {
    var source = terms
    if cut.side == .columns {
      cut.forEachSegment { matrix, block, count in (blocks + block).update(from: terms + matrix, count: count) }
      source = UnsafePointer(blocks)
    }
    let (counts, starts) = (cut.counts, cut.starts)
    let doing = "summing \(cut.rows) × \(cut.columns) gradients over \(cut.parts.count) ranks"
    switch wire {
    case .float32:
      try check(
        MPI_Reduce_scatter(source, own, counts, Float.datatype, cmpi_sum(), communicator.handle), "MPI_Reduce_scatter", doing)
    case .bfloat16:
      kernels_to_bf16(outgoing, source, cut.count)
      let size = Int(counts[communicator.rank])
      let same = [Int32](repeating: Int32(size), count: cut.parts.count)
      let places = cut.parts.indices.map { Int32($0 * size) }
      try check(
        MPI_Alltoallv(
          outgoing, counts, starts, cmpi_uint16(), incoming, same, places, cmpi_uint16(), communicator.handle),
        "MPI_Alltoallv", doing)
      kernels_from_bf16(own, incoming, size)
      for rank in 1..<max(cut.parts.count, 1) { kernels_add_bf16(own, incoming + rank * size, size) }
    }
  }
}

extension MatrixCut {
  /// Calls `body` for each run of values that are contiguous in the matrix and in the blocks, with its places in both and its length.
  fileprivate func forEachSegment(_ body: (_ matrix: Int, _ block: Int, _ count: Int) -> Void) {
    var block = 0
    for part in parts {
      for row in 0..<rows {
        body(row * columns + part.lowerBound, block, part.count)
        block += part.count
      }
    }
  }
}
