import Foundation
import TestSupport
import Testing

/// The scripts of jobs/: what they start, and what they do when it is stopped.
@Suite struct BatchJobTests {
  private static let top = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  private static let slurm = ["prepare", "train", "evaluate", "class-models", "saliency", "localise"]

  private static let composed =
    "--mca pml ob1 --mca btl_vader_single_copy_mechanism none --mca oob_tcp_keepalive_time 3 "
    + "--mca oob_tcp_keepalive_intvl 1 --mca oob_tcp_keepalive_probes 3 -x OMP_NUM_THREADS=16 -x OPENBLAS_NUM_THREADS=16 "
    + "-x DEEPINSIDE_DONE"

  @Test("Each job starts its command on whole nodes, a rank on each", arguments: slurm)
  func command(name: String) throws {
    let folder = try TemporaryFolder()
    let job = try RunningProcess(
      ["bash", "\(Self.top.path)/jobs/\(name).sbatch", "--output", "o o"],
      environment: [
        "DEEPINSIDE_PROGRAM": try builtTool("rank-checks"), "LAUNCH_OPTIONS": "--dry-run", "SLURM_SUBMIT_DIR": Self.top.path,
        "SLURM_JOB_ID": "7", "SLURM_NTASKS": "", "SLURM_JOB_NUM_NODES": "2", "SLURM_JOB_CPUS_PER_NODE": "16(x2)",
        "SLURM_TASKS_PER_NODE": "16(x2)", "SLURMD_NODENAME": "", "LD_LIBRARY_PATH": "", "HDF5_USE_FILE_LOCKING": "",
        "PATH": try pathWithOpenMPI("4.1.4", in: folder),
      ])
    let result = job.wait()
    let expected =
      "mpirun -np 2 --map-by node --bind-to none --mca mpi_yield_when_idle 1 --rank-by slot \(Self.composed) "
      + "\(try builtTool("rank-checks")) \(name) --output o\\ o\n"
    #expect(result.output == expected && result.exitCode == 0, "\(result)")
  }

  @Test("The job of PBS starts its command on the hosts of its file, a rank on each")
  func commandUnderPBS() throws {
    let folder = try TemporaryFolder()
    try "node1\nnode2\n".write(toFile: folder.path("nodes"), atomically: true, encoding: .utf8)
    let job = try RunningProcess(
      ["bash", "\(Self.top.path)/jobs/train.pbs"],
      environment: [
        "DEEPINSIDE_PROGRAM": try builtTool("rank-checks"), "LAUNCH_OPTIONS": "--dry-run", "PBS_O_WORKDIR": Self.top.path,
        "PBS_NODEFILE": folder.path("nodes"), "OMP_NUM_THREADS": "9999", "ARGUMENTS": "--data d --run r", "SLURM_JOB_ID": "",
        "LD_LIBRARY_PATH": "", "HDF5_USE_FILE_LOCKING": "", "PATH": try pathWithOpenMPI("4.1.4", in: folder),
      ])
    let result = job.wait()
    let expected =
      "mpirun -np 2 --hostfile \(folder.path("nodes")) --bind-to none --mca mpi_yield_when_idle 1 --oversubscribe "
      + "\(Self.composed.replacing("=16", with: "=9999")) \(try builtTool("rank-checks")) train --data d --run r\n"
    #expect(result.output == expected && result.exitCode == 0, "\(result)")
  }

  @Test("Each job asks for what it needs", arguments: slurm)
  func directives(name: String) throws {
    let text = try String(contentsOfFile: "\(Self.top.path)/jobs/\(name).sbatch", encoding: .utf8)
    var lines = ["--requeue", "--open-mode=append", "--exclusive", "--job-name=deepinside-\(name)"]
    // An evaluation that was stopped begins anew: there is nothing to save.
    if name != "evaluate" { lines.append("--signal=B:USR1@120") }
    for line in lines { #expect(text.contains("#SBATCH \(line)\n"), "\(name): \(line)") }
  }

  /// A folder with jobs/, and with launch.sh, scontrol and qsub that write down what they are given. This launch.sh works until it is
  /// asked to stop, and then ends with a code of its own.
  private func folder(stoppedWith code: Int) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try FileManager.default.copyItem(at: Self.top.appending(path: "jobs"), to: folder.url.appending(path: "jobs"))
    let noted = #"echo "$(basename "$0") $*" >>"$(dirname "$0")/log""#
    for name in ["scontrol", "qsub"] { try folder.script(name, noted) }
    try folder.script(
      "launch.sh",
      """
      \(noted)
      trap "exit \(code)" USR1
      echo working
      while :; do sleep 0.1; done
      """)
    return folder
  }

  private func start(_ job: String, _ arguments: [String] = [], in folder: TemporaryFolder) throws -> RunningProcess {
    let process = try RunningProcess(
      ["bash", folder.path("jobs/\(job)")] + arguments,
      environment: [
        "SLURM_SUBMIT_DIR": folder.url.path, "SLURM_JOB_ID": "7", "PBS_O_WORKDIR": folder.url.path, "LAUNCH_OPTIONS": "",
        "ARGUMENTS": "--run r", "OMP_NUM_THREADS": "4", "DEEPINSIDE_PROGRAM": "",
        "PATH": folder.url.path + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? ""),
      ])
    let deadline = ContinuousClock.now + .seconds(20)
    while !process.output.contains("working"), ContinuousClock.now < deadline { usleep(5000) }
    return process
  }

  @Test("What is stopped with its work saved goes back to the queue; what fails does not", arguments: [4, 1])
  func requeue(code: Int) throws {
    let folder = try folder(stoppedWith: code)
    let process = try start("train.sbatch", ["--run", "a b"], in: folder)
    process.signal(SIGUSR1)
    let result = process.wait()
    #expect(result.exitCode == Int32(code), "\(result)")
    let log = try String(contentsOfFile: folder.path("log"), encoding: .utf8)
    #expect(log == "launch.sh --max-restarts 2 train --run a b\n" + (code == 4 ? "scontrol requeue 7\n" : ""))
  }

  @Test("Under PBS the next job is submitted", arguments: [4, 1])
  func resubmission(code: Int) throws {
    let folder = try folder(stoppedWith: code)
    let process = try start("train.pbs", in: folder)
    process.signal(SIGUSR1)
    let result = process.wait()
    #expect(result.exitCode == Int32(code), "\(result)")
    let log = try String(contentsOfFile: folder.path("log"), encoding: .utf8)
    #expect(
      log == "launch.sh --max-restarts 2 --threads 4 train --run r\n" + (code == 4 ? "qsub -v ARGUMENTS jobs/train.pbs\n" : ""))
  }

  @Test("A cancelled job does not come back", arguments: ["train.sbatch", "train.pbs"])
  func cancelled(job: String) throws {
    let folder = try folder(stoppedWith: 4)
    let process = try start(job, in: folder)
    process.signal(SIGTERM)
    #expect(process.wait().exitCode != 0)
    // What it left running here Slurm and PBS end by the same signal.
    _ = try RunningProcess(["pkill", "-USR1", "-f", folder.path("launch.sh")]).wait()
    let log = try String(contentsOfFile: folder.path("log"), encoding: .utf8)
    #expect(!log.contains("scontrol") && !log.contains("qsub"), "\(log)")
  }
}
