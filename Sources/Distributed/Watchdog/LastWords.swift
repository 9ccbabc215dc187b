import Foundation
import Synchronization

/// What rank 0 says when mpirun ends the job because another rank has died: how far the work was.
///
/// mpirun names the rank and the host, but knows nothing of steps; it sends SIGTERM to the ranks that are left, a second before
/// SIGKILL. Ranks that end by an error of their own have said where.
enum LastWords {
  private static let flag = Atomic(false)

  static var isTerminated: Bool { flag.load(ordering: .relaxed) }

  /// Under mpirun SIGTERM sets a flag from now on; the watchdog looks at it many times a second.
  ///
  /// Source: POSIX.1-2017 `sigaction`; the handler is one atomic store, which is async-signal-safe (XSH 2.4.3).
  static func install() {
    guard getenv("OMPI_COMM_WORLD_SIZE") != nil else { return }
    flag.store(false, ordering: .relaxed)
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { _ in LastWords.flag.store(true, ordering: .relaxed) }
    action.sa_flags = Int32(SA_RESTART) | Int32(bitPattern: UInt32(SA_RESETHAND))
    sigaction(SIGTERM, &action, nil)
  }

  /// Speaks, unless another rank has, and ends the process by the signal.
  static func speak(_ communicator: Communicator) -> Never {
    let state = Activity.current
    if state.phase != .unknown, !communicator.isAnotherEnding {
      writeToStandardError("deepinside: the job ends; rank 0 was at \(state.description)\n")
    }
    signal(SIGTERM, SIG_DFL)
    raise(SIGTERM)
    _exit(128 + SIGTERM)
  }
}
