import Glibc
import Launching

/// A process that the launcher has started.
struct ChildProcess {
  let id: pid_t

  /// Starts a program, which is looked for in PATH. It reads nothing, and none of its signals are blocked.
  ///
  /// - Parameters:
  ///   - output, errors: open files for its descriptors 1 and 2; nil for none.
  ///   - ownsSession: true for one that signals of the terminal must not reach.
  init(
    _ command: [String], variables: Variables, output: Int32?, errors: Int32?, ownsSession: Bool = false
  ) throws(LaunchError) {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    for (file, descriptor) in [(output, 1), (errors, 2)] as [(Int32?, Int32)] {
      if let file {
        posix_spawn_file_actions_adddup2(&actions, file, descriptor)
      } else {
        posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_WRONLY, 0)
      }
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var unblocked = Signals.set(of: [])
    posix_spawnattr_setsigmask(&attributes, &unblocked)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | (ownsSession ? Self.setSession : 0)))

    let words = Self.strings(command)
    let entries = Self.strings(variables.entries)
    defer { (words + entries).forEach { free($0) } }
    var id: pid_t = 0
    let code = posix_spawnp(&id, words[0]!, &actions, &attributes, words, entries)
    guard code == 0 else { throw LaunchError(code: 1, "cannot start \(command[0]): \(String(cString: strerror(code)))") }
    self.id = id
  }

  /// `POSIX_SPAWN_SETSID`, which is a GNU extension. Source: spawn.h of glibc.
  private static let setSession: Int32 = 0x80

  private static func strings(_ texts: [String]) -> [UnsafeMutablePointer<CChar>?] {
    texts.map { $0.withCBytes { strdup($0) } } + [nil]
  }

  /// The exit code, 128 and the signal's number if a signal ended it; nil while it runs.
  func exitCode(waits: Bool = false) -> Int32? {
    var status: Int32 = 0
    var ended: pid_t
    repeat { ended = waitpid(id, &status, waits ? 0 : WNOHANG) } while ended < 0 && errno == EINTR
    guard ended == id else { return ended < 0 ? 127 : nil }
    return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
  }

  func send(_ signal: Int32) { kill(id, signal) }

  /// Sends a signal to all processes of its session that are still in its first group.
  func sendToGroup(_ signal: Int32) { kill(-id, signal) }

  /// True if that signal would not end it.
  func survives(_ signal: Int32) -> Bool {
    SignalDispositions(status: text(ofFile: "/proc/\(id)/status") ?? "").isSurvived(signal)
  }
}

/// What a command that was waited for has made.
struct CommandResult {
  /// 127 if it couldn't be started.
  let code: Int32
  let output: String
  let errors: String
}

/// Runs commands side by side, a hundred at a time, and waits for all of them.
///
/// What they print goes through files, not pipes: what a command leaves running may keep those open.
func runSideBySide(_ commands: [[String]], variables: Variables) -> [CommandResult] {
  var results: [CommandResult] = []
  for start in stride(from: 0, to: commands.count, by: 100) {
    let running = commands[start..<min(start + 100, commands.count)].map { command in
      let files = (unnamedFile(variables), unnamedFile(variables))
      return (files, try? ChildProcess(command, variables: variables, output: files.0, errors: files.1))
    }
    for (files, child) in running {
      let code = child?.exitCode(waits: true) ?? 127
      let texts = [files.0, files.1].map { file in
        guard let file else { return "" }
        defer { close(file) }
        lseek(file, 0, SEEK_SET)
        return String(bytes: bytes(ofDescriptor: file) ?? [])
      }
      results.append(CommandResult(code: code, output: texts[0], errors: texts[1]))
    }
  }
  return results
}

/// A temporary file without a name, which ends with the process; nil if none can be made.
private func unnamedFile(_ variables: Variables) -> Int32? {
  let name = "\(variables["TMPDIR"] ?? "/tmp")/deepinside-launch-XXXXXX".withCBytes { strdup($0) }
  defer { free(name) }
  guard let template = name, case let file = mkstemp(template), file >= 0 else { return nil }
  unlink(template)
  _ = fcntl(file, F_SETFD, FD_CLOEXEC)
  return file
}
