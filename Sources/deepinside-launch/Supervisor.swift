import Glibc
import Launching

/// Starts the ranks, again and again if that was asked for, and passes requests to stop on to them.
struct Supervisor {
  private var host: Host
  private var options: LaunchOptions
  private let program: String
  /// The folder of launch.sh.
  private let checkout: String
  private let signals: Signals
  private var requests = StopAnswers()

  init(signals: Signals, host: Host, options: LaunchOptions, program: String, checkout: String) {
    self.signals = signals
    self.host = host
    // In the shell of a job step (srun --pty bash) a step of ours would wait for that one's end.
    if host.variables["SLURM_JOB_ID"] != nil { self.host.variables["SLURM_OVERLAP"] = "1" }
    (self.options, self.program, self.checkout) = (options, program, checkout)
  }

  /// - Returns: the exit code.
  mutating func run() throws(LaunchError) -> Int32 {
    let version = runSideBySide([["mpirun", "--version"]], variables: host.variables)[0]
    var command = LaunchCommand(
      options: options, layout: host.layout(for: options), hasQuota: host.cores != host.allowedCores,
      openMPI: OpenMPI(versionText: version.output), variables: host.variables, program: program, isOnTerminal: isatty(2) == 1)
    if options.isDryRun {
      write(command.words.map(\.quotedWord).joined(separator: " ") + "\n", to: 1)
      return 0
    }
    if let code = try buildProgram() { return code }
    try checkLauncher(versionText: version.output + version.errors)
    var restarts = 0
    while true {
      takeRequests(for: .zero)
      if requests.isStopping {
        say(RunEnd.stoppedBeforeStart)
        return 4
      }
      let end = try runOnce(command)
      for text in end.explanations(launcher: options.launcher.rawValue) { say(text) }
      let allAnswer = !end.leavesThingsBehind || host.sweep(options.hosts)
      if !allAnswer { say("not all nodes answer; what the run has left there stays") }
      guard end.isFollowedByRestart(after: restarts, of: options.maxRestarts) else { return end.exitCode }
      restarts += 1
      // Ranks that have lost their mpirun, or its daemon on their host, or that were stopped, are gone after three seconds.
      takeRequests(for: .seconds(3))
      if !allAnswer { awaitNodes() }
      if requests.isStopping { continue }
      say("the run failed with exit code \(end.exitCode); restart \(restarts) of \(options.maxRestarts)")
      try leaveOutLostHosts(of: &command)
    }
  }

  // ---- before the start

  /// Builds what isn't there. A request to stop ends that; nothing was begun.
  ///
  /// - Returns: the exit code of a build that failed.
  private mutating func buildProgram() throws(LaunchError) -> Int32? {
    guard program.withCBytes({ access($0, X_OK) }) != 0 else { return nil }
    let build = try ChildProcess(
      ["\(checkout)/launch.sh", "build"], variables: host.variables, output: 2, errors: 2, ownsSession: true)
    let code = waitFor(build, .build)
    return requests.isStopping || code == 0 ? nil : code
  }

  private func checkLauncher(versionText: String) throws(LaunchError) {
    let name = options.launcher.rawValue
    let folders = (host.variables["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
    let path = folders.map { "\($0)/\(name)" }.first { $0.withCBytes { access($0, X_OK) } == 0 }
    guard let path else { throw LaunchError(code: 3, "there is no \(name): ./launch.sh setup") }
    if options.launcher == .mpirun, let complaint = OpenMPI.complaint(versionText: versionText, path: path) { throw complaint }
  }

  /// Waits until all nodes of the Slurm allocation answer again. A dead one is Slurm's to notice, five minutes later by default: it then ends
  /// this job and takes it back to the queue, if restarts haven't been used up meanwhile.
  private mutating func awaitNodes() {
    let end = ContinuousClock.now + .seconds(600)
    say("waiting until they answer, or Slurm notices that one is dead; at most ten minutes")
    while ContinuousClock.now < end, !requests.isStopping, !host.allNodesAnswer() { takeRequests(for: .seconds(5)) }
  }

  private mutating func leaveOutLostHosts(of command: inout LaunchCommand) throws(LaunchError) {
    guard case .listed = options.hosts else { return }
    let lost = host.lost(of: options.hosts.names)
    // Asked to stop meanwhile: then the answers don't matter.
    takeRequests(for: .zero)
    guard !requests.isStopping, !lost.isEmpty else { return }
    for text in try options.leaveOut(lost, after: command.layout) { say(text) }
    command.options = options
    command.layout = host.layout(for: options)
  }

  // ---- a run

  private mutating func runOnce(_ command: LaunchCommand) throws(LaunchError) -> RunEnd {
    var variables = host.variables
    // What may be its beginning is held back: no progress line ends with that sign.
    let word = "@deepinside-done-\(getpid())-\(UInt32.random(in: 0..<100_000))"
    variables["DEEPINSIDE_DONE"] = word
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw LaunchError(code: 1, "cannot make a pipe: \(String(cString: strerror(errno)))") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    // In a session of its own: Ctrl-C in the terminal must reach mpirun by way of the launcher only. Until mpirun handles SIGUSR1
    // itself the signal must not end it: it is ignored first, and sent again later.
    let child = try ChildProcess(
      ["/bin/sh", "-c", "trap '' USR1; exec \"$@\"", "sh"] + command.words, variables: variables, output: ends[1],
      errors: ends[1],
      ownsSession: true)
    close(ends[1])
    let passer = OutputPasser(file: ends[0], word: word)
    let code = waitFor(child, .ranks)
    // All that was printed is passed on, but a process that outlives the run and keeps its output open is not waited for.
    let limit = ContinuousClock.now + .seconds(3)
    while !passer.isFinished, passer.isWriting || ContinuousClock.now < limit {
      takeRequest(within: max(limit - .now, .milliseconds(50)), during: .nothing, of: nil)
    }
    passer.abandon()
    return RunEnd(code: code, isDone: passer.isDone, isStopping: requests.isStopping)
  }

  /// Waits for a process, passing requests to stop on to it.
  ///
  /// - Returns: its exit code.
  private mutating func waitFor(_ child: ChildProcess, _ phase: StopAnswers.Phase) -> Int32 {
    var reminders = Reminders()
    var nextReminder: ContinuousClock.Instant?
    while true {
      if let code = child.exitCode() { return code }
      let isAsked = takeRequest(within: nextReminder.map { $0 - .now } ?? .seconds(3600), during: phase, of: child)
      guard isAsked || nextReminder.map({ $0 <= .now }) == true else { continue }
      // What would end it now is kept for later.
      if child.survives(SIGUSR1) {
        child.send(SIGUSR1)
        nextReminder = .now + .seconds(reminders.next())
      } else {
        nextReminder = .now + .milliseconds(10)
      }
    }
  }

  // ---- requests to stop

  /// Takes the requests that come in a time, while nothing runs; the first one ends it.
  private mutating func takeRequests(for time: Duration) {
    let end = ContinuousClock.now + time
    repeat { takeRequest(within: end - .now, during: .nothing, of: nil) } while ContinuousClock.now < end && !requests.isStopping
  }

  /// Takes the next signal, if one comes in time.
  ///
  /// - Returns: true if the ranks are to be asked to save their work.
  @discardableResult
  private mutating func takeRequest(within time: Duration, during phase: StopAnswers.Phase, of child: ChildProcess?) -> Bool {
    guard let signal = signals.next(within: time), signal != SIGCHLD else { return false }
    switch requests.answer(signal, during: phase) {
    case .startNothing: break
    case .endBuild: child?.sendToGroup(SIGTERM)
    case .endRanks: child?.send(SIGTERM)
    case .save(let isTold):
      if isTold { say("saving the work; once more to stop at once") }
      return true
    }
    return false
  }
}
