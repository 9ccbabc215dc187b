import CMPI
import Foundation
import Synchronization

/// How ranks that are about to end the job let rank 0 finish what it has in flight.
///
/// `MPI_Abort` by any rank kills all of them at once, even rank 0 in the middle of a checkpoint. So a rank first asks rank 0, where a
/// thread answers however busy the main thread is: "wait", again and again, while something is in flight, and then "go".
extension Communicator {
  private static let askTag: Int32 = 302
  private static let answerTag: Int32 = 303
  /// Seconds without an answer after which rank 0 is taken to be gone.
  private static let patience = 4.0

  /// The ranks that wait for an answer, and when the last "wait" was sent.
  private static let askers = Mutex<(ranks: [Int32], told: ContinuousClock.Instant?)>(([], nil))

  /// Waits until the job may be ended: until nothing is in flight on this rank and on rank 0.
  ///
  /// Source: `MPI_Iprobe`, MPI-3.1 section 3.8.1. Errors are of no interest: the job is ending.
  func waitForWorkInFlight() {
    WorkInFlight.finish({ announce($0) }, meanwhile: { answerThoseWhoEnd() })
    guard rank > 0 else { return answerThoseWhoEnd() }
    var request: MPI_Request?
    _ = MPI_Isend(nil, 0, UInt8.datatype, 0, Self.askTag, cmpi_comm_world(), &request)
    var heard = ContinuousClock.now
    while ContinuousClock.now - heard < .seconds(Self.patience) {
      if let answer = Self.takeMessage(Self.answerTag) {
        heard = .now
        if answer.isGo { return }
      }
      Thread.sleep(forTimeInterval: 0.005)
    }
  }

  /// Rank 0 answers the ranks that want to end the job; any of its threads may, many times a second.
  func answerThoseWhoEnd() {
    guard rank == 0, size > 1 else { return }
    while let asker = Self.takeMessage(Self.askTag) { Self.askers.withLock { $0.ranks.append(asker.source) } }
    let ranks: [Int32] = Self.askers.withLock { askers in
      guard !askers.ranks.isEmpty else { return [] }
      if let told = askers.told, ContinuousClock.now - told < .seconds(0.5) { return [] }
      askers.told = .now
      return askers.ranks
    }
    guard !ranks.isEmpty else { return }
    var isGo = WorkInFlight.isDone ? UInt8(1) : 0
    for other in ranks { _ = MPI_Send(&isGo, 1, UInt8.datatype, other, Self.answerTag, cmpi_comm_world()) }
    if isGo == 1 { Self.askers.withLock { askers in askers.ranks.removeAll { ranks.contains($0) } } }
  }

  /// Receives a message of at most one byte; nil if none has come. Of several threads that call this, one gets the message.
  ///
  /// Source: `MPI_Improbe` and `MPI_Mrecv`, MPI-3.1 section 3.8.2.
  private static func takeMessage(_ tag: Int32) -> (source: Int32, isGo: Bool)? {
    var found: Int32 = 0
    var message: MPI_Message?
    var status = MPI_Status()
    guard
      MPI_Improbe(Int32(MPI_ANY_SOURCE), tag, cmpi_comm_world(), &found, &message, &status) == MPI_SUCCESS, found != 0
    else { return nil }
    var value: UInt8 = 0
    _ = MPI_Mrecv(&value, 1, UInt8.datatype, &message, cmpi_status_ignore())
    return (status.MPI_SOURCE, value == 1)
  }
}
