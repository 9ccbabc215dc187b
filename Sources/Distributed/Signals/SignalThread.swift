import CSignals
import Files
import Foundation
import Synchronization
import Threads

/// The one thread that hears the signals SIGUSR1, SIGTERM, SIGINT and SIGHUP: they are blocked in all threads, and there is no handler.
///
/// Kernels of oneDNN use the stack pointer as a pointer into a workspace while they run: a handler on a thread that computes has
/// its frame written over the heap below that address. So no such thread may ever run one. What blocks the signals before the
/// first thread of any library starts is the target EarlySignals.
///
/// Source: signalfd(2); signal(7) for what a process may do outside of handlers: all.
final class SignalThread: Sendable {
  static let shared = SignalThread()

  private struct State {
    var isRunning = false
    var answer = StopRequest.Answer.signal
    /// Known between the start and the end of MPI.
    var communicator: Communicator?
    /// The time from which the present answer has been due.
    var due: ContinuousClock.Instant?
    /// Says once that a request is held.
    var sayHeld: (@Sendable () -> Void)?
    /// What rank 0 says before SIGTERM ends it under mpirun.
    var lastWords: (@Sendable () -> Void)?
    /// The time of the first SIGTERM, SIGINT or SIGHUP.
    var firstTermination: ContinuousClock.Instant?
    /// The work is done: there is nothing to be stopped any more.
    var isOver = false
    /// This process is about to end the job; it may wait a moment until another rank has said why.
    var isEnding = false
    /// Whether mpirun started this process; MPI itself adds to the environment later.
    let isUnderMPIRun = getenv("OMPI_COMM_WORLD_SIZE") != nil
  }

  private let state = Mutex(State())

  // MARK: Called by the program

  /// Begins to answer, on a thread of its own, once.
  /// Doesn't return once a request ends the job by the answer before: what that says of the work has to stay true.
  func answer(by answer: StopRequest.Answer) {
    let isNew = unlessEnding { state in
      state.answer = answer
      if state.due != nil { state.due = .now }
      defer { state.isRunning = true }
      return !state.isRunning
    }
    if isNew { start() }
    // A request that came before is answered now, and not only when the thread looks next.
    endIfDue()
  }

  /// Changes what is said when the job is ended.
  func say(_ sentence: String) {
    state.withLock { state in
      if case .end(_, let seconds) = state.answer { state.answer = .end(sentence, afterSeconds: seconds) }
    }
  }

  /// Sets what is said of a request that is held, also of one that has come before; see `FirstWorkMark`.
  func say(whenHeld sentence: @escaping @Sendable () -> Void) {
    let hasCome = state.withLock { state in
      if state.due == nil { state.sayHeld = sentence }
      return state.due != nil
    }
    if hasCome { sentence() }
  }

  /// Ends the holding of requests: one that has come is answered as if it came now.
  func release() {
    state.withLock { state in
      if state.due != nil { state.due = .now }
      state.sayHeld = nil
    }
  }

  /// Begins to answer signals if no answer has been set yet: they end the process.
  func startIfNeeded() {
    if !state.withLock({ $0.isRunning }) { answer(by: .signal) }
  }

  /// MPI has started.
  func joined(_ communicator: Communicator) { state.withLock { $0.communicator = communicator } }

  /// The work is done, MPI is about to end.
  func isOver() {
    unlessEnding { state in
      (state.isOver, state.communicator, state.lastWords) = (true, nil, nil)
    }
  }

  /// Sets what is called before SIGTERM ends the process under mpirun.
  func setLastWords(_ words: (@Sendable () -> Void)?) { state.withLock { $0.lastWords = words } }

  // MARK: The thread

  private func start() {
    // The program itself has blocked them long ago; other programs that use this module are protected from here on.
    csignals_block()
    // A signal that the parent ignores would never arrive. An ignored SIGHUP is nohup's, which means it.
    for number in [SIGUSR1, SIGTERM, SIGINT] { signal(number, SIG_DFL) }
    let descriptor = csignals_open()
    guard descriptor >= 0 else {
      // Without a descriptor left signals do what they do by default.
      csignals_unblock()
      return
    }
    startThread("signals") { [self] in
      while true {
        let number = csignals_next(descriptor, state.withLock { $0.due == nil ? -1 : 50 })
        if number > 0 { hear(number) } else if number < 0 { break }
        endIfDue()
      }
      // The descriptor is broken, which nothing here can do.
      csignals_unblock()
    }
  }

  /// Signals within this time of the first are the same request: `timeout` sends two at once, a terminal that is closed several.
  private static let oneRequest = Duration.seconds(1)

  private func hear(_ number: Int32) {
    if number == SIGUSR1 { return request(by: number) }
    let (endsAtOnce, lastWords) = state.withLock { state in
      let now = ContinuousClock.now
      let first = state.firstTermination ?? now
      state.firstTermination = first
      return (state.isUnderMPIRun || now - first >= Self.oneRequest, state.lastWords)
    }
    if endsAtOnce {
      if number == SIGTERM { lastWords?() }
      end(by: number)
    }
    request(by: number)
  }

  private func request(by number: Int32) {
    let (isEnd, sayHeld) = state.withLock { state in
      if state.due == nil { state.due = .now }
      defer { state.sayHeld = nil }
      return (state.answer == .signal && !state.isOver, state.sayHeld)
    }
    if isEnd { end(by: number) }
    StopRequest.flag.store(true, ordering: .relaxed)
    sayHeld?()
  }

  /// Ends the job when the time for it to end by itself is over. Before MPI has started the other ranks can't be told, and this waits.
  private func endIfDue() {
    let (sentence, communicator) = state.withLock { state -> (String?, Communicator?) in
      guard case .end(let sentence, let seconds) = state.answer, !state.isOver, !StopRequest.isHeld, let due = state.due,
        ContinuousClock.now - due >= .seconds(seconds)
      else { return (nil, nil) }
      state.isEnding = state.communicator != nil
      return (sentence, state.communicator)
    }
    guard let sentence, let communicator else { return }
    communicator.abort(afterOthers: true, sentence, exitCode: ExitCode.stoppedOnRequest)
  }

  /// Changes the state, or never returns when this process ends the job already.
  private func unlessEnding<Value: Sendable>(_ change: (inout State) -> Value) -> Value {
    while true {
      if let value = state.withLock({ $0.isEnding ? nil : change(&$0) }) { return value }
      Thread.sleep(forTimeInterval: 1)
    }
  }

  /// Ends the process by the signal: nothing handles it, it was only blocked.
  private func end(by number: Int32) -> Never {
    signal(number, SIG_DFL)
    csignals_unblock()
    raise(number)
    _exit(128 + number)
  }
}
