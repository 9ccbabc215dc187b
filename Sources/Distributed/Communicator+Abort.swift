import CMPI
import Foundation
import Synchronization

/// Whether a thread of this process is ending the job already.
private let isAborting = Atomic(false)

/// The message from the rank that speaks to those that have something to say too.
private let speakingTag: Int32 = 301

extension Communicator {
  /// Ends the whole job, all ranks on all hosts: the others may be waiting for this one, and would for ever.
  ///
  /// Prints `deepinside: [rank 2/8 on node1] message` on descriptor 2, waits for `WorkInFlight` of this rank and of rank 0, and ends
  /// the job; mpirun ends with `exitCode`. May be called by any thread; of several the first one is heard.
  ///
  /// Source: `MPI_Abort`, MPI-3.1 section 8.7.
  public func abort(_ message: String, exitCode: Int32 = ExitCode.failure) -> Never {
    abort(afterOthers: false, message, exitCode: exitCode)
  }

  /// - Parameters:
  ///   - afterOthers: whether a lower rank that has the same to say may say it first. A missing file is missing on
  ///   every rank; one message is enough. So rank 0 speaks at once, rank 1 after 0.3 s, and the others a little later; who hears
  ///   that another has spoken stays silent.
  ///   - patience: the seconds for which this one waits for another to speak, instead of those.
  func abort(afterOthers: Bool, patience: Double? = nil, _ message: String, exitCode: Int32) -> Never {
    if isAborting.exchange(true, ordering: .sequentiallyConsistent) {
      while true { Thread.sleep(forTimeInterval: 60) }
    }
    fflush(nil)
    if afterOthers, rank > 0, otherSpeaks(within: patience ?? 0.25 + 0.05 * Double(min(rank, 15))) {
      // The speaker ends the job, when what it has to finish is whole; over slow links a second later.
      waitForWorkInFlight()
      Thread.sleep(forTimeInterval: 5)
    } else {
      announce(message)
      tellOthers()
      waitForWorkInFlight()
    }
    _ = cmpi_abort(cmpi_comm_world(), exitCode)
    _exit(exitCode)
  }

  /// Prints a message on descriptor 2, with this rank's name if it isn't alone.
  func announce(_ message: String) {
    writeToStandardError("deepinside: \(size > 1 ? "[rank \(rank)/\(size) on \(hostName)] " : "")\(message)\(Activity.suffix)\n")
  }

  /// Prints a sentence on descriptor 2, with this rank's name if it isn't alone. Any thread may call it.
  public func say(_ message: String) {
    writeToStandardError("deepinside: \(size > 1 ? "[rank \(rank)/\(size) on \(hostName)] " : "")\(message)\n")
  }

  /// Tells all other ranks that this one speaks. Only those that are ending too listen.
  ///
  /// The pause afterwards serves two ends: messages go out, and mpirun, which reads our descriptors for as long as we
  /// live, has the time to.
  private func tellOthers() {
    if size == 1 { return }
    for other in 0..<size where other != rank {
      var request: MPI_Request?
      // No data, and the job is ending: there is nothing to do about an error, or to free.
      _ = MPI_Isend(nil, 0, UInt8.datatype, Int32(other), speakingTag, cmpi_comm_world(), &request)
    }
    _ = otherSpeaks(within: 0.05)
  }

  /// Whether this process or another is ending the job, and says why.
  var isAnotherEnding: Bool { isAborting.load(ordering: .sequentiallyConsistent) || otherSpeaks(within: 0.1) }

  /// Whether another rank has spoken; keeps messages moving for `seconds`, or until one has.
  private func otherSpeaks(within seconds: Double) -> Bool {
    let end = ContinuousClock.now + .seconds(seconds)
    repeat {
      var found: Int32 = 0
      guard
        MPI_Iprobe(Int32(MPI_ANY_SOURCE), speakingTag, cmpi_comm_world(), &found, cmpi_status_ignore()) == MPI_SUCCESS
      else { return false }
      if found != 0 { return true }
      Thread.sleep(forTimeInterval: 0.002)
    } while ContinuousClock.now < end
    return false
  }
}
