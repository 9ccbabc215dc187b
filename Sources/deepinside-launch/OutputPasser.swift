import Glibc
import Launching
import Synchronization

/// Passes on what the ranks print, on a thread of its own: whoever reads slowly, or not at all, doesn't keep requests to stop waiting.
final class OutputPasser: Sendable {
  private struct State {
    var isFinished = false
    var isDone = false
    var isAbandoned = false
    var isWriting = false
  }

  private let state = Mutex(State())
  private let file: Int32
  private let word: String

  /// - Parameters:
  ///   - file: what the ranks print is read from it, and it is closed at its end.
  ///   - word: what rank 0 says when all is done.
  init(file: Int32, word: String) {
    self.file = file
    self.word = word
    var thread = pthread_t()
    pthread_create(
      &thread, nil,
      { argument in
        Unmanaged<OutputPasser>.fromOpaque(argument!).takeRetainedValue().work()
        return nil
      }, Unmanaged.passRetained(self).toOpaque())
    pthread_detach(thread)
  }

  /// True when all that was printed is passed on. SIGCHLD comes then, as if a child had ended.
  var isFinished: Bool { state.withLock { $0.isFinished } }

  /// True while it waits for whoever reads what is passed on.
  var isWriting: Bool { state.withLock { $0.isWriting } }

  /// True if rank 0 has said that all is done.
  var isDone: Bool { state.withLock { $0.isDone } }

  /// Passes nothing more on: a process that outlives the run keeps its output open.
  func abandon() { state.withLock { $0.isAbandoned = true } }

  private func work() {
    var filter = OutputFilter(word: word)
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    var isRead = true
    while true {
      let count = read(file, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      if count <= 0 || state.withLock({ $0.isAbandoned }) { break }
      let passed = filter.pass(buffer[..<count])
      let isDone = filter.isDone
      state.withLock {
        $0.isDone = isDone; $0.isWriting = true
      }
      // Nobody reads our output any more: the ranks go on, and what they print is thrown away.
      if isRead, !passed.isEmpty { isRead = write(passed, to: 1) }
      state.withLock { $0.isWriting = false }
    }
    if isRead { write(filter.finish(), to: 1) }
    close(file)
    state.withLock { $0.isFinished = true }
    kill(getpid(), SIGCHLD)
  }
}
