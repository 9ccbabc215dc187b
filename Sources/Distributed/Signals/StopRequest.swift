import Synchronization

/// Whether somebody asked this process to save its work and stop, and what it does then.
///
/// Slurm's `--signal=B:USR1@60` and mpirun, which passes SIGUSR1 on to all ranks at once, make SIGUSR1 the usual way; SIGTERM and
/// SIGINT count as well, once: a second one ends the process. Under mpirun these two keep their usual effect: it sends them to
/// the ranks that are left when one has failed, a second before it kills them.
///
/// No thread ever runs a signal handler: see `SignalThread`.
///
/// The signal may reach ranks at different moments: before acting on it they have to agree,
/// `try communicator.agree(on: StopRequest.isRequested, .any)`.
public enum StopRequest {
  /// What a request does at present.
  public enum Answer: Sendable, Hashable {
    /// The signal ends the process, as if it were not answered at all: there is nothing to save.
    case signal
    /// The job looks at `isRequested` and takes the time that it needs: there is something to save.
    case job
    /// The job may look at `isRequested`; when it has not ended after so many seconds, whatever it waits for, it is ended with
    /// that sentence and code 4. For all that has nothing to save, or whose results are whole one by one.
    case end(String, afterSeconds: Double = 0)
  }

  static let flag = Atomic(false)

  /// Whether a request has come.
  public static var isRequested: Bool { flag.load(ordering: .relaxed) }

  /// From now on requests are answered so. Requests that came before, since the start of the process, count.
  public static func answer(by answer: Answer) { SignalThread.shared.answer(by: answer) }

  /// Changes the sentence of an answer that is to end the job, because more is known by now. Other answers stay.
  public static func say(_ sentence: String) { SignalThread.shared.say(sentence) }
}
