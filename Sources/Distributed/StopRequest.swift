import Foundation
import Synchronization

/// Whether somebody asked this process to save its work and stop.
///
/// Slurm's `--signal=B:USR1@60` and mpirun, which passes SIGUSR1 on to all ranks at once, make SIGUSR1 the usual way; SIGTERM and
/// SIGINT count as well, once: a second one ends the process, as if nothing had been installed. Under mpirun these two keep
/// their usual effect: it sends them to the ranks that are left when one has failed, a second before it kills them.
///
/// The signal may reach ranks at different moments: before acting on it they have to agree,
/// `try communicator.agree(on: StopRequest.isRequested, .any)`.
///
/// Source: POSIX.1-2017 `sigaction`; the handler is one atomic store, which is async-signal-safe (XSH 2.4.3).
public enum StopRequest {
  private static let flag = Atomic(false)

  /// Whether a signal has come since `install`.
  public static var isRequested: Bool { flag.load(ordering: .relaxed) }

  /// From now on the signals set the flag instead of ending the process. Call it inside `MPIRuntime.run`.
  public static func install() {
    // The static's first use is here and not in the handler: what initialises it may take a lock.
    flag.store(false, ordering: .relaxed)
    handle(SIGUSR1, Int32(SA_RESTART))
    if getenv("OMPI_COMM_WORLD_SIZE") != nil { return }
    handle(SIGTERM, Int32(SA_RESTART) | Int32(bitPattern: UInt32(SA_RESETHAND)))
    handle(SIGINT, Int32(SA_RESTART) | Int32(bitPattern: UInt32(SA_RESETHAND)))
  }

  private static func handle(_ signal: Int32, _ flags: Int32) {
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { _ in StopRequest.flag.store(true, ordering: .relaxed) }
    action.sa_flags = flags
    let code = sigaction(signal, &action, nil)
    precondition(code == 0, "no handler for signal \(signal): \(String(cString: strerror(errno)))")
  }
}
