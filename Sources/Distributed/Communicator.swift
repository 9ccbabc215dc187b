import CMPI
import Foundation

/// A group of ranks that exchange messages: all of the job, or a duplicate of it with messages of its own.
///
/// A class, not a noncopyable struct: a work queue's server thread, a gradient reducer and closures all hold the same one for
/// as long as they live, and the handle never changes. Any thread may call it (MPI runs with `MPI_THREAD_MULTIPLE`), but
/// two threads of a rank must not be in *collective* calls of the same communicator at the same time: give each a `duplicate()`.
///
/// Large buffers travel in chunks of 4 MiB: MPI counts are 32-bit, and an all-reduce in chunks is three times as fast as
/// one call over a hundred megabytes, since each chunk stays in the cache.
///
/// Source: MPI-3.1 chapters 5 (collectives) and 6 (communicators).
public final class Communicator: @unchecked Sendable {
  // Unchecked: all is constant, and what the handle points to is MPI's own, which takes calls from any thread.

  /// The most bytes a single MPI call carries.
  public static let chunkBytes = 4 << 20

  /// This process's number, 0 ..< `size`.
  public let rank: Int
  /// The number of ranks.
  public let size: Int
  /// The name of the host that this rank runs on.
  public let hostName: String
  /// This process's number among the ranks of its host.
  public let localRank: Int
  /// The number of ranks on this host.
  public let localSize: Int
  /// Whether all ranks share one host's memory.
  public var isOneHost: Bool { localSize == size }

  let handle: MPI_Comm
  /// Nil for all ranks of the job, whose communicator is MPI's own.
  private let owner: MPIHandle?

  /// Looks up rank, size and host; duplicates know the host's part already.
  ///
  /// - Note: collective unless `original` is given.
  init(handle: MPI_Comm, like original: Communicator? = nil) throws(MPIError) {
    self.handle = handle
    owner = original == nil ? nil : MPIHandle(.communicator, handle)
    try check(MPI_Comm_set_errhandler(handle, cmpi_errors_return()), "MPI_Comm_set_errhandler", "setting up a communicator")
    if let original {
      (rank, size, hostName) = (original.rank, original.size, original.hostName)
      (localRank, localSize) = (original.localRank, original.localSize)
      return
    }
    (rank, size) = try Self.rankAndSize(of: handle)
    hostName = try Self.processorName()
    var local = cmpi_comm_null()
    try check(
      MPI_Comm_split_type(handle, Int32(MPI_COMM_TYPE_SHARED), 0, cmpi_info_null(), &local),
      "MPI_Comm_split_type", "finding the ranks of host \(hostName)")
    (localRank, localSize) = try Self.rankAndSize(of: local)
    try check(MPI_Comm_free(&local), "MPI_Comm_free", "finding the ranks of host \(hostName)")
  }

  /// A communicator of the same ranks whose messages never meet this one's. MPI has it back when all ranks have let it go.
  ///
  /// - Throws: `MPIError`.
  /// - Note: collective
  /// Source: `MPI_Comm_dup`, MPI-3.1 section 6.4.2.
  public func duplicate() throws(MPIError) -> Communicator {
    try MPIHandle.freeReleased(self)
    var copy = cmpi_comm_null()
    try check(MPI_Comm_dup(handle, &copy), "MPI_Comm_dup", "duplicating the communicator of \(size) ranks")
    return try Communicator(handle: copy!, like: self)
  }

  /// Waits until every rank is here.
  ///
  /// - Throws: `MPIError`.
  /// - Note: collective
  /// Source: `MPI_Barrier`, MPI-3.1 section 5.3.
  public func barrier() throws(MPIError) {
    try Activity.exchanging { () throws(MPIError) in
      try check(MPI_Barrier(handle), "MPI_Barrier", "waiting for all \(size) ranks")
    }
  }

  /// Waits until every rank is here, asleep: the processor is left to threads that compute. The longer the wait, the longer each sleep.
  ///
  /// - Note: collective
  /// Source: `MPI_Ibarrier` and `MPI_Test`, MPI-3.1 sections 5.12.1 and 3.7.3.
  public func sleepingBarrier() throws(MPIError) {
    var request: MPI_Request? = cmpi_request_null()
    try check(MPI_Ibarrier(handle, &request), "MPI_Ibarrier", "waiting for all \(size) ranks")
    try waitAsleep(for: &request, "waiting for all \(size) ranks")
  }

  /// Waits for a request. Between two tests of it the thread sleeps for 50 µs, and for up to 5 ms when it has waited long.
  ///
  /// Source: `MPI_Test`, MPI-3.1 section 3.7.3.
  func waitAsleep(for request: inout MPI_Request?, _ doing: @autoclosure () -> String) throws(MPIError) {
    var pause = 50.0
    while true {
      var isThere: Int32 = 0
      try check(MPI_Test(&request, &isThere, cmpi_status_ignore()), "MPI_Test", doing())
      if isThere != 0 { return }
      usleep(useconds_t(pause))
      // Each sleep is a twentieth longer than the one before, so a wait ends at most a twentieth too late.
      pause = min(pause * 1.05, 5000)
    }
  }

  private static func rankAndSize(of handle: MPI_Comm?) throws(MPIError) -> (rank: Int, size: Int) {
    var rank: Int32 = 0
    var size: Int32 = 0
    try check(MPI_Comm_rank(handle, &rank), "MPI_Comm_rank", "setting up a communicator")
    try check(MPI_Comm_size(handle, &size), "MPI_Comm_size", "setting up a communicator")
    return (Int(rank), Int(size))
  }

  private static func processorName() throws(MPIError) -> String {
    var name = [CChar](repeating: 0, count: Int(MPI_MAX_PROCESSOR_NAME))
    var length: Int32 = 0
    try check(MPI_Get_processor_name(&name, &length), "MPI_Get_processor_name", "setting up a communicator")
    return String(decoding: name.prefix(Int(length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
