import Foundation

/// Starts a thread that debuggers and `top -H` show under a name.
///
/// - Parameter name: at most 15 bytes, which is what Linux keeps. Source: proc(5), "comm"
public func startThread(_ name: String, _ body: @escaping @Sendable () -> Void) {
  let thread = Thread {
    // Foundation's `Thread.name` is lost if the thread hasn't begun, or has only just begun.
    let descriptor = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
    if descriptor >= 0 {
      _ = name.withCString { write(descriptor, $0, strlen($0)) }
      close(descriptor)
    }
    body()
  }
  thread.start()
}
