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
  private static let held = Atomic(false)
  /// Called when something was made.
  private static let onWork = Mutex<(@Sendable () -> Void)?>(nil)

  /// True if a request has come that is to be obeyed now.
  public static var isRequested: Bool { hasCome && !isHeld }

  /// True if a request has come, even if it is held.
  public static var hasCome: Bool { flag.load(ordering: .relaxed) }

  /// True if requests are not obeyed yet, because the start before this one was stopped with nothing made: see `FirstWorkMark`.
  public static var isHeld: Bool { held.load(ordering: .relaxed) }

  /// Holds requests until `workWasDone()`.
  ///
  /// - Parameters:
  ///   - work: what is to be made first; nil holds nothing.
  ///   - onWork: is called by the first `workWasDone()`.
  ///   - say: gets a sentence now, and one when a request is held.
  static func hold(_ work: String?, onWork: @escaping @Sendable () -> Void, say: @escaping @Sendable (String) -> Void) {
    self.onWork.withLock { $0 = onWork }
    guard let work else { return }
    held.store(true, ordering: .relaxed)
    say("the start before this one ended with no \(work) made: this one makes one before it heeds a request to stop")
    SignalThread.shared.say(whenHeld: {
      say("a request to stop has come; it is heeded after the first \(work), since the start before this one made none")
    })
  }

  /// Notes that something was made which the next start needn't make again, or that nothing is left to make: from now on requests are
  /// obeyed. Each rank calls it for its own work, and rank 0 for that of all ranks too.
  public static func workWasDone() {
    onWork.withLock { onWork in
      onWork?()
      onWork = nil
    }
    if held.exchange(false, ordering: .relaxed) { SignalThread.shared.release() }
  }

  /// From now on requests are answered so. Requests that came before, since the start of the process, count.
  public static func answer(by answer: Answer) { SignalThread.shared.answer(by: answer) }

  /// Changes the sentence of an answer that is to end the job, because more is known by now. Other answers stay.
  public static func say(_ sentence: String) { SignalThread.shared.say(sentence) }
}
