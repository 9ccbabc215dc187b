import CMPI

/// Gather: one rank, or all, receive what every rank has, in the order of ranks. Lengths may differ.
///
///               rank 0               rank 1    rank 2
///     before    [1]                  []        [3, 3]
///     after     [[1], [], [3, 3]]    nil       nil        gather
///
/// Source: MPI-3.1 sections 5.5 and 5.7. The bytes go as messages (section 3.2), since `MPI_Gatherv` counts all ranks' bytes
/// together in 32 bits.
extension Communicator {
  private static let gatherTag: Int32 = 101

  /// Every rank's bytes on rank 0, nil elsewhere.
  ///
  /// - Throws: `MPIError`.
  /// - Note: collective
  public func gather(_ bytes: [UInt8]) throws(MPIError) -> [[UInt8]]? {
    var counts = [Int](repeating: 0, count: size)
    counts[rank] = bytes.count
    try allReduceSum(&counts)
    guard rank == 0 else {
      try send(bytes, to: 0, tag: Self.gatherTag)
      return nil
    }
    var result = [bytes]
    for source in 1..<size {
      result.append(try receive(counts[source], from: source, tag: Self.gatherTag))
    }
    return result
  }

  /// Every rank's bytes on every rank.
  ///
  /// - Throws: `MPIError`.
  /// - Note: collective
  public func allGather(_ bytes: [UInt8]) throws(MPIError) -> [[UInt8]] {
    let gathered = try gather(bytes)
    var counts = [Int](repeating: 0, count: size)
    counts[rank] = bytes.count
    try allReduceSum(&counts)
    let all = try broadcast(gathered.map { Array($0.joined()) } ?? [])
    var result: [[UInt8]] = []
    var start = 0
    for count in counts {
      result.append(Array(all[start..<start + count]))
      start += count
    }
    return result
  }

  /// Every rank's text on every rank.
  ///
  /// - Throws: `MPIError`.
  /// - Note: collective
  public func allGather(_ text: String) throws(MPIError) -> [String] {
    try allGather(Array(text.utf8)).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Overwrites the buffer of rank `destination` with that of rank `source`; other ranks do nothing.
  ///
  /// - Throws: `MPIError`.
  public func move<Element: MPIElement>(
    _ buffer: UnsafeMutableBufferPointer<Element>, from source: Int, to destination: Int
  ) throws(MPIError) {
    guard source != destination, rank == source || rank == destination else { return }
    let isSource = rank == source
    let doing = "moving \(buffer.count) \(Element.self) from rank \(source) to rank \(destination)"
    try forEachChunk(of: buffer) { (start, count) throws(MPIError) in
      try isSource
        ? check(MPI_Send(start, count, Element.datatype, Int32(destination), Self.gatherTag, handle), "MPI_Send", doing)
        : check(
          MPI_Recv(start, count, Element.datatype, Int32(source), Self.gatherTag, handle, cmpi_status_ignore()), "MPI_Recv",
          doing)
    }
  }

  /// Sends bytes in chunks; `receive` of the same count takes them.
  ///
  /// Source: `MPI_Send`, MPI-3.1 section 3.2.1.
  func send(_ bytes: [UInt8], to destination: Int, tag: Int32) throws(MPIError) {
    for start in stride(from: 0, to: bytes.count, by: Self.chunkBytes) {
      let count = min(Self.chunkBytes, bytes.count - start)
      let code = bytes.withUnsafeBufferPointer {
        MPI_Send($0.baseAddress! + start, Int32(count), UInt8.datatype, Int32(destination), tag, handle)
      }
      try check(code, "MPI_Send", "sending \(bytes.count) bytes from rank \(rank) to rank \(destination)")
    }
  }

  /// Receives the `count` bytes that `send` sent.
  ///
  /// Source: `MPI_Recv`, MPI-3.1 section 3.2.4.
  func receive(_ count: Int, from source: Int, tag: Int32) throws(MPIError) -> [UInt8] {
    try Activity.exchanging { () throws(MPIError) in try receiveNow(count, from: source, tag: tag) }
  }

  private func receiveNow(_ count: Int, from source: Int, tag: Int32) throws(MPIError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    for start in stride(from: 0, to: count, by: Self.chunkBytes) {
      let chunk = min(Self.chunkBytes, count - start)
      let code = bytes.withUnsafeMutableBufferPointer {
        MPI_Recv($0.baseAddress! + start, Int32(chunk), UInt8.datatype, Int32(source), tag, handle, cmpi_status_ignore())
      }
      try check(code, "MPI_Recv", "receiving \(count) bytes from rank \(source) on rank \(rank)")
    }
    return bytes
  }
}
