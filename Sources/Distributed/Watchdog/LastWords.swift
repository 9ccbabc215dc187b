import Foundation

/// What rank 0 says when mpirun ends the job because another rank has died: how far the work was.
///
/// mpirun names the rank and the host, but knows nothing of steps; it sends SIGTERM to the ranks that are left, a second before
/// SIGKILL. Ranks that end by an error of their own have said where.
enum LastWords {
  /// Speaks, unless another rank has; called by the thread that hears the signal.
  static func speak(_ communicator: Communicator) {
    let state = Activity.current
    if state.phase != .unknown, !communicator.isAnotherEnding {
      writeToStandardError("deepinside: the job ends; rank 0 was at \(state.description)\n")
    }
  }
}
