import Foundation
import TestSupport
import Testing

/// launch.sh, with rank-checks in the place of the program.
@Suite struct LaunchTests {
  static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "launch.sh").path

  private func launch(_ arguments: [String], environment: [String: String] = [:]) throws -> RunningProcess {
    var variables = ["DEEPINSIDE_PROGRAM": try builtTool("rank-checks")]
    for name in ["SLURM_JOB_ID", "SLURM_NTASKS", "SLURM_JOB_NUM_NODES", "SLURM_CPUS_PER_TASK", "SLURM_CPUS_ON_NODE"] {
      variables[name] = ""
    }
    return try RunningProcess([Self.script] + arguments, environment: variables.merging(environment) { $1 })
  }

  private static let always =
    "--mca pml ob1 --mca btl_vader_single_copy_mechanism none --mca oob_tcp_keepalive_time 3 "
    + "--mca oob_tcp_keepalive_intvl 1 --mca oob_tcp_keepalive_probes 3"

  // More threads than any host has cores, so that the command doesn't depend on where the test runs; and one rank with one.
  @Test(
    "The command is the one that its options ask for",
    arguments: [
      (
        "--ranks 1 --threads 1 train --run x", [:],
        "mpirun -np 1 --map-by slot:PE=1 --bind-to core \(always) -x OMP_NUM_THREADS=1 -x OPENBLAS_NUM_THREADS=1 PROGRAM train --run x"
      ),
      (
        "--ranks 2 --threads 9999 train", [:],
        "mpirun -np 2 --bind-to none --mca mpi_yield_when_idle 1 --oversubscribe \(always) "
          + "-x OMP_NUM_THREADS=9999 -x OPENBLAS_NUM_THREADS=9999 PROGRAM train"
      ),
      (
        "--hosts a:4,b:3,c --threads 9999 train", [:],
        "mpirun -np 8 --host a:4\\,b:3\\,c --bind-to none --mca mpi_yield_when_idle 1 --oversubscribe \(always) "
          + "-x OMP_NUM_THREADS=9999 -x OPENBLAS_NUM_THREADS=9999 PROGRAM train"
      ),
      (
        "--ranks 2 --threads 9999 --interface eth0 train", [:],
        "mpirun -np 2 --bind-to none --mca mpi_yield_when_idle 1 --oversubscribe \(always) --mca btl_tcp_if_include eth0 "
          + "--mca oob_tcp_if_include eth0 -x OMP_NUM_THREADS=9999 -x OPENBLAS_NUM_THREADS=9999 PROGRAM train"
      ),
      (
        "--threads 9999 train", ["SLURM_JOB_ID": "7", "SLURM_NTASKS": "6", "OMPI_MCA_pml": "ucx"],
        "mpirun -np 6 --bind-to none --mca mpi_yield_when_idle 1 --oversubscribe "
          + "\(always.replacing("--mca pml ob1 ", with: "")) -x OMP_NUM_THREADS=9999 -x OPENBLAS_NUM_THREADS=9999 PROGRAM train"
      ),
      (
        "--launcher srun train", ["SLURM_JOB_ID": "7", "SLURM_NTASKS": "6", "SLURM_CPUS_PER_TASK": "3"],
        "env OMP_NUM_THREADS=3 OPENBLAS_NUM_THREADS=3 OMPI_MCA_pml=ob1 OMPI_MCA_btl_vader_single_copy_mechanism=none "
          + "srun --mpi=pmix --kill-on-bad-exit=1 --ntasks 6 --cpus-per-task 3 PROGRAM train"
      ),
    ] as [(String, [String: String], String)])
  func dryRun(options: String, environment: [String: String], command: String) throws {
    let arguments = ["--dry-run"] + options.split(separator: " ").map(String.init)
    let result = try launch(arguments, environment: ["LD_LIBRARY_PATH": ""].merging(environment) { $1 }).wait(timeout: 10)
    #expect(result.exitCode == 0, "\(result)")
    #expect(result.output == command.replacing("PROGRAM", with: try builtTool("rank-checks")) + "\n", "\(result)")
  }

  @Test("A batch job runs its command on the allocation", arguments: ["train", "evaluate", "class-models", "saliency"])
  func batchJob(command: String) throws {
    let top = URL(fileURLWithPath: Self.script).deletingLastPathComponent().path
    let job = try RunningProcess(
      ["bash", "\(top)/jobs/\(command).sbatch", "--output", "o o"],
      environment: [
        "DEEPINSIDE_PROGRAM": try builtTool("rank-checks"), "LAUNCH_OPTIONS": "--threads 9999 --dry-run",
        "SLURM_SUBMIT_DIR": top, "SLURM_JOB_ID": "7", "SLURM_NTASKS": "2", "SLURM_JOB_NUM_NODES": "2", "LD_LIBRARY_PATH": "",
      ])
    let result = job.wait(timeout: 10)
    #expect(
      result.output
        == "mpirun -np 2 --bind-to none --mca mpi_yield_when_idle 1 --oversubscribe \(Self.always) "
        + "-x OMP_NUM_THREADS=9999 -x OPENBLAS_NUM_THREADS=9999 \(try builtTool("rank-checks")) \(command) --output o\\ o\n",
      "\(result)")
    #expect(result.exitCode == 0, "\(result)")
  }

  @Test(
    "Wrong use ends with 2 and one line",
    arguments: [
      ["--ranks", "x", "a"], ["--ranks", "0", "a"], ["--interface", "eth0;ls", "a"], ["--ranks"], ["--fast", "a"],
      ["--launcher", "srun", "a"],
      ["--threads", "2"],
    ])
  func wrongUse(arguments: [String]) throws {
    let result = try launch(arguments).wait(timeout: 10)
    #expect(result.exitCode == 2, "\(result)")
    #expect(result.output.split(separator: "\n").count == 1, "\(result)")
  }

  @Test("The exit code is the program's; only a failure that isn't its own word is tried again", arguments: [1, 2, 3, 4])
  func restarts(code: Int32) throws {
    let result = try launch(["--ranks", "2", "--max-restarts", "2", "fail", "1", "\(code)", "oh dear"]).wait(timeout: 30)
    #expect(result.exitCode == code, "\(result)")
    #expect(result.output.components(separatedBy: "oh dear").count - 1 == (code == 1 ? 3 : 1), "\(result)")
  }

  @Test("A restart goes on without a host that does not answer")
  func lostHost() throws {
    let result = try launch(
      ["--hosts", "localhost:1,gone:1", "--ranks", "1", "--threads", "1", "--max-restarts", "1", "layout", "1"],
      environment: ["OMPI_MCA_plm_rsh_agent": "/bin/false"]
    ).wait(timeout: 60)
    #expect(result.exitCode == 0, "\(result)")
    #expect(result.output.contains("launch.sh: gone does not answer and is left out"), "\(result)")
  }

  @Test("A killed rank is named, and its signal explained")
  func killed() throws {
    let result = try launch(["--ranks", "2", "kill", "1"]).wait(timeout: 30)
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
    let result = process.wait(timeout: 20)
    #expect(result.exitCode == 4, "\(result)")
    #expect(result.output.components(separatedBy: "stopped on request").count == 2, "\(result)")
  }
}
