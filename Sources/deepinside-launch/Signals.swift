import Glibc
import Launching

/// The signals that the launcher answers. They are blocked from the first moment on, and taken one at a time: none is lost, whatever the
/// launcher does when it comes.
struct Signals {
  /// SIGUSR1 asks to save and stop, and so do the others, which come from a terminal and from batch systems.
  private static let requests = [SIGUSR1, SIGTERM, SIGINT, SIGHUP]

  /// What is waited for: the requests, but for those that are ignored, and SIGCHLD for an ended child.
  private let answered: [Int32]

  /// Blocks them. To be called before there is any thread.
  init() {
    let dispositions = SignalDispositions(status: text(ofFile: "/proc/self/status") ?? "")
    // Whoever has started this with a signal ignored, as nohup does, wants it ignored. Blocked, it would come all the same.
    answered = Self.requests.filter { !dispositions.isIgnored($0) } + [SIGCHLD]
    // SIGPIPE: the work goes on when nobody reads the output any more.
    var set = Self.set(of: answered + [SIGPIPE])
    sigprocmask(SIG_BLOCK, &set, nil)
    // A signal with a handler is one that the process answers, as it shows to others; as it is blocked the handler is never called.
    for number in answered { signal(number) { _ in } }
  }

  /// The next of them; nil if none comes in time.
  func next(within time: Duration) -> Int32? {
    var set = Self.set(of: answered)
    let time = max(time, .zero).components
    var limit = timespec(tv_sec: Int(time.seconds), tv_nsec: Int(time.attoseconds / 1_000_000_000))
    let number = sigtimedwait(&set, nil, &limit)
    return number > 0 ? number : nil
  }

  static func set(of numbers: [Int32]) -> sigset_t {
    var set = sigset_t()
    sigemptyset(&set)
    for number in numbers { sigaddset(&set, number) }
    return set
  }
}
