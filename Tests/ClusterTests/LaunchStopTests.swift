import Foundation
import TestSupport
import Testing

/// How runs end that launch.sh has started: exit codes, restarts, lost hosts, requests to stop.
@Suite struct LaunchStopTests {
  @Test("The exit code is the program's; only a failure that isn't its own word is tried again", arguments: [1, 2, 3, 4])
  func restarts(code: Int32) throws {
    let result = try launch(["--ranks", "2", "--max-restarts", "2", "fail", "1", "\(code)", "oh dear"]).wait()
    #expect(result.exitCode == code, "\(result)")
    #expect(result.output.components(separatedBy: "oh dear").count - 1 == (code == 1 ? 3 : 1), "\(result)")
  }

  @Test("A restart goes on without a host that does not answer")
  func lostHost() throws {
    let result = try launch(
      ["--hosts", "localhost:1,gone:1", "--ranks", "1", "--threads", "1", "--max-restarts", "1", "layout", "1"],
      environment: ["OMPI_MCA_plm_rsh_agent": "/bin/false"]
    ).wait()
    #expect(result.exitCode == 0, "\(result)")
    #expect(result.output.contains("launch.sh: gone does not answer and is left out"), "\(result)")
  }

  @Test("A killed rank is named, and its signal explained")
  func killed() throws {
    let result = try launch(["--ranks", "2", "kill", "1"]).wait()
    #expect(result.exitCode == 137, "\(result)")
    #expect(result.output.contains("process rank 1 with"), "\(result)")
    #expect(result.output.contains("launch.sh: a rank was ended by signal 9 (SIGKILL)"), "\(result)")
  }

  @Test("A signal stops the ranks with their work saved, and nothing is restarted", arguments: [SIGUSR1, SIGTERM, SIGINT])
  func stop(signal: Int32) throws {
    let process = try launch(["--ranks", "2", "--max-restarts", "2", "stop"])
    let deadline = ContinuousClock.now + .seconds(20)
    while process.output.components(separatedBy: "ready").count <= 2, ContinuousClock.now < deadline { usleep(5000) }
    process.signal(signal)
    let result = process.wait()
    #expect(result.exitCode == 4, "\(result)")
    #expect(result.output.components(separatedBy: "stopped on request").count == 2, "\(result)")
  }

  @Test("A hangup that nohup has it ignore is no request")
  func ignored() throws {
    let process = try RunningProcess(
      ["sh", "-c", "trap '' HUP; exec \"$@\"", "sh", launchScript, "--ranks", "1", "stop"],
      environment: [
        "DEEPINSIDE_PROGRAM": try builtTool("rank-checks"), "DEEPINSIDE_LAUNCHER": try builtTool("deepinside-launch"),
        "SLURM_JOB_ID": "",
        "PBS_NODEFILE": "",
      ])
    #expect(becomesTrue(within: 20) { process.output.contains("ready") })
    process.signal(SIGHUP)
    process.signal(SIGUSR1)
    let result = process.wait()
    #expect(result.exitCode == 4 && !result.output.contains("once more to stop at once"), "\(result)")
  }

  @Test("Asked to stop before the ranks are there, it stops with the same code", arguments: [0, 100_000, 300_000, 1_000_000])
  func stopEarly(microseconds: UInt32) throws {
    // sleep handles no signal, as a rank that is still starting.
    let process = try launch(["--ranks", "1", "--max-restarts", "2", "60"], environment: ["DEEPINSIDE_PROGRAM": "/bin/sleep"])
    let deadline = ContinuousClock.now + .seconds(10)
    // Bash itself has to be there.
    while !isWaiting(process), ContinuousClock.now < deadline { usleep(1000) }
    usleep(microseconds)
    process.signal(SIGUSR1)
    let result = process.wait()
    #expect(result.exitCode == 4, "\(result)")
  }

  @Test("Asked to stop between two starts, nothing more is started")
  func stopBetweenStarts() throws {
    let folder = try TemporaryFolder()
    let path = try pathWithOpenMPI("4.1.4", in: folder, starting: "echo started; exit 137")
    let process = try launch(["--max-restarts", "2", "layout", "1"], environment: ["PATH": path])
    #expect(becomesTrue(within: 20) { process.output.contains("a rank was ended by signal 9") })
    process.signal(SIGUSR1)
    let result = process.wait()
    #expect(result.exitCode == 4 && result.output.components(separatedBy: "started\n").count == 2, "\(result)")
    #expect(
      result.output.hasSuffix(
        "launch.sh: stopped before the ranks were started: no update was made; what was saved before is whole\n"))
  }

  @Test("Asked to stop while the program is built, the build is ended")
  func stopBuilding() throws {
    let folder = try TemporaryFolder()
    try folder.script("launch.sh", "echo building; sleep 100")
    let process = try RunningProcess([try builtTool("deepinside-launch"), "run", folder.path("none"), folder.path, "layout", "1"])
    #expect(becomesTrue(within: 20) { process.output.contains("building") })
    process.signal(SIGTERM)
    let result = process.wait()
    #expect(result.exitCode == 4 && result.output.contains("stopped before the ranks were started"), "\(result)")
  }

  /// Whether a process has a handler for SIGUSR1.
  private func isWaiting(_ process: RunningProcess) -> Bool {
    let status = (try? String(contentsOfFile: "/proc/\(process.processID)/status", encoding: .utf8)) ?? ""
    guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix("SigCgt:") }),
      let caught = UInt64(line.dropFirst(7).trimmingCharacters(in: .whitespaces), radix: 16)
    else { return false }
    return caught & (1 << UInt64(SIGUSR1 - 1)) != 0
  }
}
