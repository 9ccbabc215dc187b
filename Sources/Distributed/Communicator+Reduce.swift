import CMPI

/// All-reduce: a sum, maximum or minimum over ranks, element by element, that every rank receives.
///
///               rank 0    rank 1    rank 2
///     before    [1, 10]   [2, 20]   [3, 30]
///     after     [6, 60]   [6, 60]   [6, 60]      allReduceSum
///
/// Source: `MPI_Allreduce`, MPI-3.1 section 5.9.6.
extension Communicator {
  /// Replaces every element by its sum over ranks.
  ///
  /// - Throws: `MPIError`.
  /// - Note: collective, with the same count on all ranks.
  public func allReduceSum(_ buffer: UnsafeMutableBufferPointer<some MPIElement>) throws(MPIError) {
    try allReduce(buffer, cmpi_sum(), "summing")
  }

  /// Replaces every element by its sum over ranks.
  ///
  /// - Throws: `MPIError`.
  /// - Note: collective, with the same count on all ranks.
  public func allReduceSum<Element: MPIElement>(_ values: inout [Element]) throws(MPIError) {
    try allReduce(&values, cmpi_sum(), "summing")
  }

  /// The sum of `value` over ranks.
  ///
  /// - Throws: `MPIError`.
  /// - Note: collective
  public func allReduceSum<Element: MPIElement>(_ value: Element) throws(MPIError) -> Element {
    try allReduce(value, cmpi_sum(), "summing")
  }

  /// Replaces every element by its maximum over ranks.
  ///
  /// - Throws: `MPIError`.
  /// - Note: collective, with the same count on all ranks.
  public func allReduceMax<Element: MPIElement>(_ values: inout [Element]) throws(MPIError) {
    try allReduce(&values, cmpi_max(), "taking the maximum of")
  }

  /// The maximum of `value` over ranks.
  ///
  /// - Throws: `MPIError`.
  /// - Note: collective
  public func allReduceMax<Element: MPIElement>(_ value: Element) throws(MPIError) -> Element {
    try allReduce(value, cmpi_max(), "taking the maximum of")
  }

  /// Replaces every element by its minimum over ranks.
  ///
  /// - Throws: `MPIError`.
  /// - Note: collective, with the same count on all ranks.
  public func allReduceMin<Element: MPIElement>(_ values: inout [Element]) throws(MPIError) {
    try allReduce(&values, cmpi_min(), "taking the minimum of")
  }

  /// The minimum of `value` over ranks.
  ///
  /// - Throws: `MPIError`.
  /// - Note: collective
  public func allReduceMin<Element: MPIElement>(_ value: Element) throws(MPIError) -> Element {
    try allReduce(value, cmpi_min(), "taking the minimum of")
  }

  /// How many ranks a condition must hold on for all to see it as true.
  public enum Quorum: Sendable {
    case all, any
  }

  /// Whether `condition` holds on all ranks, or on any: the same answer everywhere, so that all take the same branch.
  ///
  /// - Throws: `MPIError`.
  /// - Note: collective
  public func agree(on condition: Bool, _ quorum: Quorum = .all) throws(MPIError) -> Bool {
    let holds = condition ? 1 : 0
    return switch quorum {
    case .all: try allReduceMin(holds) == 1
    case .any: try allReduceMax(holds) == 1
    }
  }

  private func allReduce<Element: MPIElement>(_ value: Element, _ operation: MPI_Op, _ verb: String) throws(MPIError) -> Element {
    var value = value
    if size == 1 { return value }
    try check(
      MPI_Allreduce(cmpi_in_place(), &value, 1, Element.datatype, operation, handle),
      "MPI_Allreduce", "\(verb) one \(Element.self) over \(size) ranks")
    return value
  }

  private func allReduce<Element: MPIElement>(_ values: inout [Element], _ operation: MPI_Op, _ verb: String) throws(MPIError) {
    let result = values.withUnsafeMutableBufferPointer { buffer in
      Result { () throws(MPIError) in try allReduce(buffer, operation, verb) }
    }
    try result.get()
  }

  private func allReduce<Element: MPIElement>(
    _ buffer: UnsafeMutableBufferPointer<Element>, _ operation: MPI_Op, _ verb: String
  ) throws(MPIError) {
    if size == 1 { return }
    try Activity.exchanging { () throws(MPIError) in
      try forEachChunk(of: buffer) { (start, count) throws(MPIError) in
        try check(
          MPI_Allreduce(cmpi_in_place(), start, count, Element.datatype, operation, handle),
          "MPI_Allreduce", "\(verb) \(buffer.count) \(Element.self) over \(size) ranks")
        Activity.advance()
      }
    }
  }

  /// Calls `body` for pieces of at most `chunkBytes`, in order; never for an empty buffer.
  func forEachChunk<Element: MPIElement>(
    of buffer: UnsafeMutableBufferPointer<Element>,
    _ body: (UnsafeMutablePointer<Element>, Int32) throws(MPIError) -> Void
  ) throws(MPIError) {
    guard let base = buffer.baseAddress else { return }
    let step = Self.chunkBytes / MemoryLayout<Element>.stride
    var start = 0
    while start < buffer.count {
      let count = min(step, buffer.count - start)
      try body(base + start, Int32(count))
      start += count
    }
  }
}
