import CMPI
import Foundation
import Synchronization

/// Whether a thread of this process is ending the job already.
private let isAborting = Atomic(false)

/// The tag of the message by which a rank that reports an error tells the other ranks to stay silent.
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
  ///   - afterOthers: whether a lower rank may report the error instead. A file that is missing is missing on every rank, and one
  ///   message is enough. So rank 0 reports at once, rank 1 after 0.3 s, and the others a little later; a rank that hears of an
  ///   earlier report prints nothing.
  ///   - patience: the seconds for which this rank waits for another's report, instead of those above.
  func abort(afterOthers: Bool, patience: Double? = nil, _ message: String, exitCode: Int32) -> Never {
    if isAborting.exchange(true, ordering: .sequentiallyConsistent) {
      while true { Thread.sleep(forTimeInterval: 60) }
    }
    fflush(nil)
    if afterOthers, rank > 0, otherSpeaks(within: patience ?? 0.25 + 0.05 * Double(min(rank, 15))) {
      // The rank that has reported ends the job once its work in flight is whole; over slow links that takes a second more.
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

  /// Tells all other ranks that this one has reported an error. Only ranks that are ending too listen.
  ///
  /// In the pause afterwards the messages go out, and mpirun, which reads the output of this process only while it lives, reads the
  /// report.
  private func tellOthers() {
    if size == 1 { return }
    for other in 0..<size where other != rank {
      var request: MPI_Request?
      // The message is empty and the job is ending: an error needs no answer, and the request needn't be freed.
      _ = MPI_Isend(nil, 0, UInt8.datatype, Int32(other), speakingTag, cmpi_comm_world(), &request)
    }
    _ = otherSpeaks(within: 0.05)
  }

  /// True if this rank or another is already ending the job and has reported why.
  var isAnotherEnding: Bool { isAborting.load(ordering: .sequentiallyConsistent) || otherSpeaks(within: 0.1) }

  /// True if another rank has reported an error; lets messages arrive for `seconds`, or until one has.
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
