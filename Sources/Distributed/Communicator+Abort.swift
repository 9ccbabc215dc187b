import CMPI
import Foundation
import Synchronization

/// Whether a thread of this process is ending the job already.
private let isAborting = Atomic(false)

extension Communicator {
  /// Ends the whole job, all ranks on all hosts: the others may be waiting for this one, and would for ever.
  ///
  /// Prints `deepinside: [rank 2/8 on node1] message` on descriptor 2; mpirun ends with `exitCode`. May be called by any thread;
  /// of several the first one is heard.
  ///
  /// Source: `MPI_Abort`, MPI-3.1 section 8.7.
  public func abort(_ message: String, exitCode: Int32 = ExitCode.failure) -> Never {
    abort(afterOthers: false, message, exitCode: exitCode)
  }

  /// - Parameter afterOthers: whether a lower rank that has the same to say may say it first. A missing file is missing on
  ///   every rank; one message is enough. So rank 0 speaks at once, rank 1 after 0.3 s, and the others a little later, each after
  ///   its lower neighbours: by then the first speaker has ended the job, them included.
  func abort(afterOthers: Bool, _ message: String, exitCode: Int32) -> Never {
    if isAborting.exchange(true, ordering: .sequentiallyConsistent) {
      while true { sleep(1) }
    }
    if afterOthers, rank > 0 { usleep(UInt32(250_000 + 50_000 * min(rank, 15))) }
    fflush(nil)
    announce(message)
    // mpirun reads our descriptors for as long as we live, so give it the time to.
    if size > 1 { usleep(20_000) }
    _ = cmpi_abort(cmpi_comm_world(), exitCode)
    _exit(exitCode)
  }

  /// Prints a message on descriptor 2, with this rank's name if it isn't alone.
  func announce(_ message: String) {
    writeToStandardError("deepinside: \(size > 1 ? "[rank \(rank)/\(size) on \(hostName)] " : "")\(message)\n")
  }
}
