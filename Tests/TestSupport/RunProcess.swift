import Foundation

/// How a program that a test started has ended.
public struct ProcessResult: Sendable, CustomStringConvertible {
  /// The exit code; 128 plus the signal's number if a signal ended it (as a shell says it), 124 if the time was over.
  public let exitCode: Int32
  /// What it wrote on descriptors 1 and 2, in the order of writing.
  public let output: String
  public let seconds: Double
  public let command: [String]

  /// The output's lines, but for the block between two rules in which Open MPI 5 says that a program has ended the job.
  public var lines: [Substring] {
    let all = output.split(separator: "\n")
    let rules = all.indices.filter { all[$0].count > 70 && all[$0].allSatisfy { $0 == "-" } }
    guard rules.count == 2, all[rules[0] + 1].hasPrefix("prterun has exited") else { return all }
    return Array(all[..<rules[0]] + all[(rules[1] + 1)...])
  }

  /// All that there is to see, for the message of a failed expectation.
  public var description: String {
    "\(command.joined(separator: " "))\nended with \(exitCode) after \(seconds) s; its output:\n\(output)"
  }
}

/// A program that couldn't be started.
public struct ProcessError: Error, CustomStringConvertible {
  public let description: String
}

/// A program that a test started, in a process group of its own, with its output in a file.
///
/// A file and not a pipe: a pipe that nobody reads fills up, and then the program hangs.
public final class RunningProcess {
  public let processID: pid_t
  private let command: [String]
  private let folder: TemporaryFolder
  private let start = ContinuousClock.now

  /// What it has written up to now.
  public var output: String {
    String(decoding: FileManager.default.contents(atPath: folder.path("output")) ?? Data(), as: UTF8.self)
  }

  /// - Parameters:
  ///   - command: the program (looked for in PATH if it has no slash) and its arguments.
  ///   - environment: added to the tests' own, which is scrubbed of what Open MPI leaves there: an mpirun that inherits
  ///     it takes itself for a part of another job.
  public init(_ command: [String], environment: [String: String] = [:]) throws {
    self.command = command
    folder = try TemporaryFolder()
    var variables = ProcessInfo.processInfo.environment.filter { name, _ in
      !["OMPI_", "PMIX_", "ORTE_", "PMI_"].contains { name.hasPrefix($0) }
    }
    variables["OMP_NUM_THREADS"] = "1"
    variables["SWIFT_BACKTRACE"] = "enable=no"
    variables.merge(environment) { _, new in new }

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, folder.path("output"), O_WRONLY | O_CREAT | O_APPEND, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // A test's thread blocks signals, and its children would too.
    var blocked = sigset_t()
    sigemptyset(&blocked)
    posix_spawnattr_setsigmask(&attributes, &blocked)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))

    let arguments = command.map { strdup($0) } + [nil]
    let strings = variables.map { strdup("\($0)=\($1)") } + [nil]
    defer { (arguments + strings).forEach { Foundation.free($0) } }
    var processID: pid_t = 0
    let code = posix_spawnp(&processID, command[0], &actions, &attributes, arguments, strings)
    guard code == 0 else { throw ProcessError(description: "cannot start \(command[0]): \(String(cString: strerror(code)))") }
    self.processID = processID
  }

  /// Sends a signal to the program alone.
  public func signal(_ number: Int32) { kill(processID, number) }

  /// Whether the program has ended, before anybody has waited for it.
  public var hasEnded: Bool {
    let stat = (try? String(contentsOfFile: "/proc/\(processID)/stat", encoding: .utf8)) ?? ") Z"
    return stat.contains(") Z")
  }

  /// Waits for the end; ends the whole process group when the time is over.
  public func wait(timeout: Double = 120) -> ProcessResult {
    // Under a sanitizer everything takes longer.
    let timeout = timeout * (ProcessInfo.processInfo.environment["DEEPINSIDE_TEST_PATIENCE"].flatMap(Double.init) ?? 1)
    var status: Int32 = 0
    var timedOut = false
    while waitpid(processID, &status, WNOHANG) == 0 {
      if seconds > timeout, !timedOut {
        timedOut = true
        kill(-processID, SIGTERM)
      } else if seconds > timeout + 3 {
        kill(-processID, SIGKILL)
      }
      usleep(5000)
    }
    let ended = status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
    return ProcessResult(exitCode: timedOut ? 124 : ended, output: output, seconds: seconds, command: command)
  }

  private var seconds: Double { (ContinuousClock.now - start) / .seconds(1) }
}

/// Whether that becomes true within two minutes, or as many seconds.
public func becomesTrue(within seconds: Double = 120, _ condition: () -> Bool) -> Bool {
  let end = ContinuousClock.now + .seconds(seconds)
  while !condition() {
    if ContinuousClock.now > end { return false }
    usleep(10_000)
  }
  return true
}
