/// How a run has ended.
package struct RunEnd: Equatable, Sendable {
  /// The exit code; 128 and a signal's number if a signal has ended something.
  package let code: Int32
  /// True if mpirun said that all is well although rank 0 did not come to its end.
  package let isCutShort: Bool
  /// True if a request to stop had come.
  package let isStopping: Bool

  /// - Parameter isDone: true if rank 0 has said that all is done. An mpirun that has lost a host may end with code 0.
  package init(code: Int32, isDone: Bool, isStopping: Bool) {
    isCutShort = code == 0 && !isDone
    self.code = isCutShort ? 1 : code
    self.isStopping = isStopping
  }

  /// True if the ranks had no handler yet when they were asked to stop.
  private var wasEndedByRequest: Bool { isStopping && code == 138 }

  package var exitCode: Int32 { wasEndedByRequest ? 4 : code }

  /// True if something was killed or lost, and could not tidy up after itself.
  package var leavesThingsBehind: Bool { exitCode >= 128 || isCutShort }

  /// True if the same command may succeed: what a rank has said itself it would say again.
  private var isWorthAnotherTry: Bool { !isStopping && ![0, 2, 3, 4].contains(exitCode) }

  /// True if the run is to be started again.
  ///
  /// - Parameter restarts: those that there were already.
  package func isFollowedByRestart(after restarts: Int, of maxRestarts: Int) -> Bool {
    isWorthAnotherTry && restarts < maxRestarts
  }

  /// What is said of it, in the order of saying.
  ///
  /// - Parameter launcher: mpirun or srun.
  package func explanations(launcher: String) -> [String] {
    var texts: [String] = []
    if isCutShort {
      texts.append(
        "\(launcher) ended as if all were well, but rank 0 did not come to its end: a host or the connection to it was lost")
    }
    if wasEndedByRequest {
      texts.append("stopped before the ranks were ready for it: no update was made; what was saved before is whole")
    } else if (129...192).contains(code) {
      let hint = code == 137 ? ": the usual cause is a lack of memory; try fewer ranks or a smaller batch" : ""
      texts.append("a rank was ended by signal \(code - 128) (SIG\(Self.signalName(code - 128)))\(hint)")
    } else if code == 205 {
      texts.append("the connection to a host was lost")
    }
    return texts
  }

  /// Said when a request has come before anything was started, or between two starts.
  package static let stoppedBeforeStart =
    "stopped before the ranks were started: no update was made; what was saved before is whole"

  /// Source: signal(7); the numbers are the same on x86-64 and arm64.
  private static func signalName(_ number: Int32) -> String {
    let names = [
      "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT",
      "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
    ]
    return number <= names.count ? names[Int(number) - 1] : "RTMIN+\(number - 34)"
  }
}
