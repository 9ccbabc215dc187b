import CMPI
import Foundation

/// What messages between two ranks cost.
public struct LinkSpeed: Sendable, Codable, Hashable {
  public let first, second: Int
  /// The seconds that 8 bytes take from one rank to the other.
  public let latency: Double
  /// Bytes per second in one direction.
  public let bandwidth: Double
}

extension Communicator {
  private static let measureTag: Int32 = 601

  /// The library's name and version, `Open MPI v4.1.4, …`.
  ///
  /// Source: `MPI_Get_library_version`, MPI-3.1 section 8.1.1.
  public static var libraryVersion: String {
    var text = [CChar](repeating: 0, count: Int(MPI_MAX_LIBRARY_VERSION_STRING))
    var length: Int32 = 0
    guard MPI_Get_library_version(&text, &length) == MPI_SUCCESS else { return "unknown" }
    let words = String(decoding: text.prefix(Int(length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return String(words.split(separator: ",").first ?? "unknown")
  }

  /// A communicator of this rank alone.
  ///
  /// - Throws: `MPIError`.
  public func alone() throws(MPIError) -> Communicator { try Communicator(handle: cmpi_comm_self()) }

  /// Measures the link between two ranks by messages there and back, while all other ranks wait.
  ///
  /// - Parameter bytes: the size of each large message.
  /// - Returns: the speed, on all ranks.
  /// - Throws: `MPIError`.
  /// - Note: collective
  public func linkSpeed(_ first: Int, _ second: Int, bytes: Int = chunkBytes) throws(MPIError) -> LinkSpeed {
    precondition(first != second, "rank \(first) has no link to itself")
    try sleepingBarrier()
    var times = [0.0, 0.0]
    if rank == first || rank == second {
      let other = rank == first ? second : first
      let (small, large) = ([UInt8](repeating: 1, count: 8), [UInt8](repeating: 2, count: bytes))
      times[0] = try shortestTrip(small, other, starts: rank == first, tries: 200, seconds: 0.1)
      times[1] = try shortestTrip(large, other, starts: rank == first, tries: 5, seconds: 0.5)
    }
    try sleepingBarrier()
    try allReduceMax(&times)
    return LinkSpeed(first: first, second: second, latency: times[0], bandwidth: Double(bytes) / max(times[1] - times[0], 1e-9))
  }

  /// Half of the seconds of the fastest return trip on the rank that starts, 0 on the other. The first trip isn't counted.
  private func shortestTrip(
    _ bytes: [UInt8], _ other: Int, starts: Bool, tries: Int, seconds: Double
  ) throws(MPIError) -> Double {
    var best = Double.infinity
    let begin = ContinuousClock.now
    for number in 0...tries {
      let start = ContinuousClock.now
      // The last message says so: the rank that starts knows the time.
      let isLast = number == tries || (number > 1 && (start - begin) / .seconds(1) > seconds)
      if starts {
        var sent = bytes
        sent[0] = isLast ? 1 : 0
        try send(sent, to: other, tag: Self.measureTag)
        _ = try receive(bytes.count, from: other, tag: Self.measureTag)
        if number > 0 { best = min(best, (ContinuousClock.now - start) / .seconds(2)) }
        if isLast { break }
      } else {
        let received = try receive(bytes.count, from: other, tag: Self.measureTag)
        try send(received, to: other, tag: Self.measureTag)
        if received[0] == 1 { break }
      }
    }
    return starts ? best : 0
  }

  /// The seconds by which each rank's time of day is ahead of rank 0's, exact to half of a return trip; nil on ranks other than 0.
  ///
  /// Source: Cristian, *Probabilistic clock synchronization* (1989).
  /// - Throws: `MPIError`.
  /// - Note: collective
  public func clockSkews() throws(MPIError) -> [Double]? {
    guard rank == 0 else {
      for _ in 0..<8 {
        _ = try receive(8, from: 0, tag: Self.measureTag)
        let now = Date().timeIntervalSince1970.bitPattern
        try send(withUnsafeBytes(of: now) { Array($0) }, to: 0, tag: Self.measureTag)
      }
      return nil
    }
    var skews = [0.0]
    for other in 1..<max(size, 1) {
      var best = (trip: Double.infinity, skew: 0.0)
      for _ in 0..<8 {
        let sent = Date().timeIntervalSince1970
        try send([UInt8](repeating: 0, count: 8), to: other, tag: Self.measureTag)
        let answer = try receive(8, from: other, tag: Self.measureTag)
        let back = Date().timeIntervalSince1970
        let theirs = Double(bitPattern: answer.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) })
        if back - sent < best.trip { best = (back - sent, theirs - (sent + back) / 2) }
      }
      skews.append(best.skew)
    }
    return skews
  }
}

/// How fast all ranks together exchange data.
public struct CollectiveSpeed: Sendable {
  /// Bytes per second in one direction between neighbours, if a sum of gradients moves 2(P−1)/P of its bytes.
  public let bandwidth: Double
  /// The seconds that a message takes, if a small all-reduce takes log₂ P messages.
  public let latency: Double

  public init(bandwidth: Double, latency: Double) {
    self.bandwidth = bandwidth
    self.latency = latency
  }
}

extension Communicator {
  /// Measures sums over all ranks, for about a tenth of a second on a fast network and half a second on a slow one.
  ///
  /// - Throws: `MPIError`.
  /// - Note: collective
  public func collectiveSpeed() throws(MPIError) -> CollectiveSpeed {
    var one = [Float](repeating: 0, count: 1)
    let chunk = UnsafeMutableBufferPointer<Float>.allocate(capacity: GradientReduction.chunk)
    defer { chunk.deallocate() }
    chunk.initialize(repeating: 0)
    let sum = try GradientReduction.float32.makeSum(self)
    let small = try fastest(of: 20) { () throws(MPIError) in try allReduceSum(&one) }
    let large = try fastest(of: 3) { () throws(MPIError) in try sum.sum(chunk) }
    let ranks = Double(max(size, 2))
    return CollectiveSpeed(
      bandwidth: 2 * (ranks - 1) / ranks * Double(Self.chunkBytes) / max(large - small, 1e-9),
      latency: small / log2(ranks).rounded(.up))
  }

  /// The seconds that `body` takes on the slowest rank, in the fastest of several runs.
  private func fastest(of times: Int, _ body: () throws(MPIError) -> Void) throws(MPIError) -> Double {
    var best = Double.infinity
    for _ in 0..<times {
      try barrier()
      let start = ContinuousClock.now
      try body()
      best = min(best, (ContinuousClock.now - start) / .seconds(1))
    }
    return try allReduceMax(best)
  }
}
