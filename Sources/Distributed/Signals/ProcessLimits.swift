import Foundation

/// Limits of the process that are set before it begins.
public enum ProcessLimits {
  /// The most open files that are asked for: enough for any pack, and no more than what some libraries walk through.
  private static let openFiles: rlim_t = 1 << 20

  /// Raises the soft limit on open files to the hard one, and makes writing beyond a limit on the size of files fail with EFBIG, an
  /// error like any other, instead of ending the process.
  ///
  /// Source: POSIX.1-2017 `setrlimit`, `write` (SIGXFSZ).
  public static func raise() {
    signal(SIGXFSZ, SIG_IGN)
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit) == 0 else { return }
    let wanted = min(limit.rlim_max, openFiles)
    if limit.rlim_cur < wanted {
      limit.rlim_cur = wanted
      // A soft limit up to the hard one is always granted.
      setrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit)
    }
  }

  /// Makes writing to a pipe that nobody reads any more fail instead of ending the process: a log is no reason to end long work.
  ///
  /// Source: POSIX.1-2017 `write` (SIGPIPE).
  public static func ignoreBrokenPipes() { signal(SIGPIPE, SIG_IGN) }
}
