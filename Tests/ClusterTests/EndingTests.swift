import Foundation
import TestSupport
import Testing

import Cluster

@Suite struct EndingTests {
  @Test(
    "An error on one rank ends the job within seconds, with its message, its rank and its exit code",
    arguments: ["fail", "abort"], [(2, 0), (2, 1), (3, 2), (4, 3)])
  func oneRankFails(check: String, ranksAndRank: (Int, Int)) throws {
    let (ranks, rank) = ranksAndRank
    let result = try runUnderMPI(
      ranks: ranks, tool: "rank-checks", arguments: [check, "\(rank)", "3", "no pictures in data/train"])
    #expect(result.exitCode == 3, "\(result)")
    // Nothing but the message: none of MPI's own about the abort.
    let host = ProcessInfo.processInfo.hostName
    #expect(result.lines == ["deepinside: [rank \(rank)/\(ranks) on \(host)] no pictures in data/train"], "\(result)")
  }

  @Test(
    "A job that ends by an error of any rank lets rank 0 finish what is on its way to the disk",
    arguments: [(1, 0), (2, 0), (2, 1), (3, 2), (4, 3), (3, -1)])
  func workInFlight(ranksAndRank: (Int, Int)) throws {
    let (ranks, rank) = ranksAndRank
    let folder = try TemporaryFolder()
    let result = try runUnderMPI(
      ranks: ranks, tool: "rank-checks", arguments: ["fail-in-flight", "\(rank)", folder.path("file"), "2.5"])
    #expect(result.exitCode == 3 && result.output.contains("no pictures"), "\(result)")
    #expect(result.output.components(separatedBy: "no pictures").count == 2, "\(result)")
    #expect(FileManager.default.contents(atPath: folder.path("file")) == Data("whole".utf8), "\(result)")
  }

  @Test("Of ranks that all fail alike the first speaks for all", arguments: [1, 2, 3, 4, 6], [1, 4])
  func allRanksFail(ranks: Int, code: Int32) throws {
    let result = try runUnderMPI(ranks: ranks, tool: "rank-checks", arguments: ["fail-everywhere", "\(code)", "no such folder"])
    #expect(result.exitCode == code, "\(result)")
    #expect(result.lines.count == 1, "\(result)")
    #expect(result.output.contains("no such folder"), "\(result)")
    #expect(ranks == 1 || result.output.contains("[rank 0/\(ranks) on "), "\(result)")
  }

  @Test("Without mpirun an error is its message and its exit code, nothing else", arguments: ["fail", "abort"])
  func singleton(check: String) throws {
    let result = try runTool("rank-checks", [check, "0", "3", "no pictures"])
    #expect(result.exitCode == 3, "\(result)")
    #expect(result.output == "deepinside: no pictures\n", "\(result)")
  }

  @Test("A killed rank ends the job, and mpirun names it", arguments: [(2, 0), (2, 1), (4, 3)])
  func killedRank(ranks: Int, rank: Int) throws {
    let result = try runUnderMPI(ranks: ranks, tool: "rank-checks", arguments: ["kill", "\(rank)"])
    #expect(result.exitCode == 137, "\(result)")
    #expect(result.output.contains("process rank \(rank) with"), "\(result)")
    // Open MPI 5 breaks its lines at 78 characters.
    #expect(result.output.replacing("\n", with: " ").contains("exited on signal 9"), "\(result)")
  }

  @Test("A call that MPI refuses is an error that says what was being done", arguments: [2, 3])
  func badCall(ranks: Int) throws {
    let result = try runUnderMPI(ranks: ranks, tool: "rank-checks", arguments: ["bad-call"])
    #expect(result.exitCode == 1, "\(result)")
    #expect(result.output.contains("MPI_Bcast failed while broadcasting 2 Double from rank 0"), "\(result)")
    #expect(result.output.contains("MPI_ERR_TRUNCATE"), "\(result)")
  }

  @Test("SIGUSR1 to mpirun stops all ranks with code 4", arguments: [1, 2, 3])
  func stopRequest(ranks: Int) throws {
    let process = try startUnderMPI(ranks: ranks, tool: "rank-checks", arguments: ["stop"])
    expectStop(of: process, by: SIGUSR1, ready: ranks)
  }

  @Test(
    "A stop signal to a program without mpirun is heeded, also if it comes several times at once",
    arguments: [SIGUSR1, SIGTERM, SIGINT, SIGHUP], [1, 3])
  func stopWithoutMPI(signal: Int32, times: Int) throws {
    expectStop(of: try RunningProcess([try builtTool("rank-checks"), "stop"]), by: signal, times: times, ready: 1)
  }

  // A library that is loaded may handle it all the same: UCX does, for Open MPI 5.
  @Test("A hangup that nohup has the program ignore stays ignored")
  func ignoredHangup() throws {
    let process = try RunningProcess(["sh", "-c", "trap '' HUP; exec \"$0\" stop", try builtTool("rank-checks")])
    #expect(becomesTrue(within: 20) { process.output.contains("ready") })
    let status = try String(contentsOfFile: "/proc/\(process.processID)/status", encoding: .utf8)
    let ignored = try #require(status.split(separator: "\n").first { $0.hasPrefix("SigIgn:") }?.split(separator: "\t").last)
    let mask = try #require(UInt64(ignored, radix: 16))
    #expect(mask & 1 << UInt64(SIGHUP - 1) != 0, "\(status)")
    process.signal(SIGUSR1)
    let result = process.wait()
    #expect(result.exitCode == 4, "\(result)")
  }

  private func expectStop(of process: RunningProcess, by signal: Int32, times: Int = 1, ready: Int) {
    let deadline = ContinuousClock.now + .seconds(20)
    while process.output.components(separatedBy: "ready").count <= ready, ContinuousClock.now < deadline { usleep(5000) }
    for _ in 0..<times {
      process.signal(signal)
      usleep(1000)
    }
    let result = process.wait()
    #expect(result.exitCode == 4, "\(result)")
    #expect(result.output.components(separatedBy: "stopped on request").count == 2, "\(result)")
  }
}

@Suite struct DisconnectedRanksTests {
  static let srun = ["SLURM_STEP_ID": "0", "SLURM_PROCID": "1", "SLURM_NTASKS": "4"]

  @Test("Several tasks of srun without PMIx are an error that says what to do")
  func srunWithoutPMIx() throws {
    let error = try #require(Launch(environment: Self.srun).disconnected)
    #expect((error.task, error.tasks) == (1, 4))
    #expect(error.description.contains("use srun --mpi=pmix"))
    let result = try runTool("rank-checks", ["layout", "1"], environment: Self.srun.merging(["SLURM_PROCID": "0"]) { $1 })
    #expect(result.exitCode == 2, "\(result)")
    #expect(result.lines.count == 1, "\(result)")
  }

  @Test(
    "One process is fine",
    arguments: [
      ["SLURM_STEP_ID": "0", "SLURM_PROCID": "0", "SLURM_NTASKS": "1"],
      // A step of one task in an allocation of four.
      ["SLURM_STEP_ID": "0", "SLURM_PROCID": "0", "SLURM_NTASKS": "4", "SLURM_STEP_NUM_TASKS": "1"],
      // A batch script, and the shell of salloc, in an allocation of four.
      ["SLURM_PROCID": "0", "SLURM_NTASKS": "4"],
      ["SLURM_STEP_ID": "4294967291", "SLURM_PROCID": "0", "SLURM_NTASKS": "4"],
      ["SLURM_STEP_ID": "4294967290", "SLURM_PROCID": "0", "SLURM_NTASKS": "4"],
      // mpirun's daemon on a second host is a step of its own.
      srun.merging(["OMPI_COMM_WORLD_SIZE": "1"]) { $1 }, srun.merging(["PMIX_RANK": "1"]) { $1 }, [:],
    ])
  func oneProcess(environment: [String: String]) {
    #expect(Launch(environment: environment).disconnected == nil)
  }
}
