import CMPI
import Foundation

/// The error of what rank 0 did for all ranks, as the other ranks see it: its sentence and its exit code.
///
/// Rank 0 throws and prints the error itself. The other ranks print nothing when they end by this one.
public struct FirstRankError: ExitCoded, Sendable, Equatable, CustomStringConvertible {
  /// What rank 0's error says.
  public let description: String
  public let exitCode: Int32

  public init(_ error: any Error) { self.init(description: sentence(for: error), exitCode: ExitCode.of(error)) }

  init(description: String, exitCode: Int32) {
    self.description = description
    self.exitCode = exitCode
  }
}

/// Work that rank 0 does alone while the others wait: reading a list, writing a file that belongs to all.
///
///               rank 0              rank 1              rank 2
///     before    body() = 7          -                   -
///     after     7                   7                   7                     onFirst { try body() }
///     or        throws the error    throws its sentence and exit code, likewise
///
/// So no rank goes on, or ends the job, while rank 0 is still busy, and none waits for ever for a rank 0 that has failed.
extension Communicator {
  /// Runs `body` on rank 0; all ranks return its value, or throw its error.
  ///
  /// The others sleep while they wait, however long it takes, and tell the watchdog that it is rank 0 that they wait for. The value
  /// travels as JSON, as by `broadcast`.
  ///
  /// - Parameters:
  ///   - phase: what rank 0 is busy with, for the watchdog; nil if `body` reports it itself.
  ///   - body: must make no collective call.
  /// - Throws: on rank 0 what `body` throws, on the others a `FirstRankError` of the same sentence and exit code; `MPIError`.
  /// - Note: collective
  public func onFirst<Value: Codable>(_ phase: Activity.Phase? = .saving, _ body: () throws -> Value) throws -> Value {
    var value: Value?
    let bytes = try bytesOfFirst(phase) {
      let result = try body()
      value = result
      return size > 1 ? try Self.encoded(result) : []
    }
    return try value ?? Self.decoded(bytes)
  }

  /// Runs `body` on rank 0; all ranks return when it has, or throw its error.
  ///
  /// - Throws: as the other form does.
  /// - Note: collective
  public func onFirst(_ phase: Activity.Phase? = .saving, _ body: () throws -> Void) throws {
    _ = try bytesOfFirst(phase) {
      try body()
      return []
    }
  }

  /// The bytes that `body` gives on rank 0, on all ranks.
  private func bytesOfFirst(_ phase: Activity.Phase?, _ body: () throws -> [UInt8]) throws -> [UInt8] {
    let before = Activity.said
    defer { Activity.enter(before.phase, step: before.step) }
    var bytes: [UInt8] = []
    var failure: (any Error)?
    if rank == 0 {
      if let phase { Activity.enter(phase, step: before.step) }
      do { bytes = try body() } catch { failure = error }
      if size == 1 {
        if let failure { throw failure }
        return bytes
      }
    }
    Activity.enter(rank == 0 ? .exchanging : .waitingForFirst, step: before.step)
    if let failure { bytes = Array(sentence(for: failure).utf8) }
    // Whether there is an error, its exit code, and how many bytes follow: the text of the error, or the value.
    var head = [failure == nil ? 0 : 1, failure.map { Int(ExitCode.of($0)) } ?? 0, bytes.count]
    try sleepingBroadcast(&head)
    if head[2] > 0 { bytes = try broadcast(bytes) }
    if let failure { throw failure }
    guard head[0] == 0 else {
      throw FirstRankError(description: String(decoding: bytes, as: UTF8.self), exitCode: Int32(head[1]))
    }
    return bytes
  }

  /// Overwrites `values` with rank 0's. The thread sleeps while it waits, and leaves the processor to those that work.
  ///
  /// - Note: collective, with the same count on all ranks.
  /// Source: `MPI_Ibcast`, MPI-3.1 section 5.12.2.
  private func sleepingBroadcast(_ values: inout [Int]) throws(MPIError) {
    let doing = "waiting for what rank 0 does"
    let buffer = UnsafeMutableBufferPointer<Int>.allocate(capacity: values.count)
    defer { buffer.deallocate() }
    _ = buffer.initialize(from: values)
    var request: MPI_Request? = cmpi_request_null()
    try check(
      MPI_Ibcast(buffer.baseAddress, Int32(values.count), Int.datatype, 0, handle, &request), "MPI_Ibcast", doing)
    try waitAsleep(for: &request, doing)
    values = Array(buffer)
  }
}
