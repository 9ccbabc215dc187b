import Foundation

/// Starts a thread that debuggers and `top -H` show under a name.
///
/// If the system gives none, the process ends with code 1 and the reason: Foundation's `Thread` wouldn't tell, and who waits for the
/// thread's work would wait for ever.
///
/// - Parameter name: at most 15 bytes, which is what Linux keeps. Source: pthread_create(3); proc(5), "comm"
public func startThread(_ name: String, _ body: @escaping @Sendable () -> Void) {
  let work = Unmanaged.passRetained(ThreadWork(name: name, body: body))
  var (attributes, thread) = (pthread_attr_t(), pthread_t())
  pthread_attr_init(&attributes)
  defer { pthread_attr_destroy(&attributes) }
  pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
  let code = pthread_create(
    &thread, &attributes,
    { pointer in
      Unmanaged<ThreadWork>.fromOpaque(pointer!).takeRetainedValue().run()
      return nil
    }, work.toOpaque())
  guard code != 0 else { return }
  let text =
    "deepinside: cannot start a thread (\(name)): \(String(cString: strerror(code))); "
    + "allow more processes (ulimit -u), or give more memory\n"
  try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  _exit(1)
}

private final class ThreadWork: Sendable {
  private let name: String
  private let body: @Sendable () -> Void

  init(name: String, body: @escaping @Sendable () -> Void) { (self.name, self.body) = (name, body) }

  func run() {
    let descriptor = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
    if descriptor >= 0 {
      _ = name.withCString { write(descriptor, $0, strlen($0)) }
      close(descriptor)
    }
    body()
  }
}
