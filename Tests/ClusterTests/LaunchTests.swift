import Foundation
import TestSupport
import Testing

/// launch.sh and what it becomes, deepinside-launch, with rank-checks in the place of the program. What is computed on the way is tested
/// in LaunchingTests.
@Suite struct LaunchTests {
  private static let always =
    "--mca pml ob1 --mca btl_vader_single_copy_mechanism none --mca oob_tcp_keepalive_time 3 "
    + "--mca oob_tcp_keepalive_intvl 1 --mca oob_tcp_keepalive_probes 3"

  // More threads than any host has cores, so that the command doesn't depend on where the test runs; and one rank with one.
  @Test(
    "The command is the one that its options ask for",
    arguments: [
      (
        "--ranks 1 --threads 1 train --run x", [:],
        "mpirun -np 1 --map-by slot:PE=1 --bind-to core \(always) -x OMP_NUM_THREADS=1 -x OPENBLAS_NUM_THREADS=1 -x DEEPINSIDE_DONE PROGRAM train --run x"
      ),
      (
        "--ranks 2 --threads 9999 train", [:],
        "mpirun -np 2 --bind-to none --mca mpi_yield_when_idle 1 --oversubscribe \(always) "
          + "-x OMP_NUM_THREADS=9999 -x OPENBLAS_NUM_THREADS=9999 -x DEEPINSIDE_DONE PROGRAM train"
      ),
      (
        "--hosts a:4,b:3,c --threads 9999 train", [:],
        "mpirun -np 8 --host a:4\\,b:3\\,c --bind-to none --mca mpi_yield_when_idle 1 --oversubscribe \(always) "
          + "-x OMP_NUM_THREADS=9999 -x OPENBLAS_NUM_THREADS=9999 -x DEEPINSIDE_DONE PROGRAM train"
      ),
      (
        "--threads 9999 train", ["SLURM_JOB_ID": "7", "SLURM_NTASKS": "6", "SLURM_TASKS_PER_NODE": "6", "OMPI_MCA_pml": "ucx"],
        "mpirun -np 6 --bind-to none --mca mpi_yield_when_idle 1 --oversubscribe "
          + "\(always.replacing("--mca pml ob1 ", with: "")) -x OMP_NUM_THREADS=9999 -x OPENBLAS_NUM_THREADS=9999 -x DEEPINSIDE_DONE PROGRAM train"
      ),
    ] as [(String, [String: String], String)])
  func dryRun(options: String, environment: [String: String], command: String) throws {
    let folder = try TemporaryFolder()
    let arguments = ["--dry-run"] + options.split(separator: " ").map(String.init)
    for version in ["4.1.4", "5.0.7"] {
      let path = ["PATH": try pathWithOpenMPI(version, in: folder)]
      let result = try launch(arguments, environment: environment.merging(path) { $1 }).wait()
      #expect(result.exitCode == 0, "\(result)")
      let expected = command.replacing("PROGRAM", with: try builtTool("rank-checks"))
      #expect(result.output == (version == "4.1.4" ? expected : Self.inVersion5(expected)) + "\n", "\(result)")
    }
  }

  /// The same command for Open MPI 5, whose mpirun reads its own parameters under another name, and which has no vader.
  private static func inVersion5(_ command: String) -> String {
    let several = command.contains("--host") || command.contains("_if_include")
    return command.replacing("--mca oob_", with: "--prtemca oob_")
      .replacing("--mca btl_vader_single_copy_mechanism none ", with: several ? "" : "--mca btl \\^tcp ")
  }

  @Test(
    "A run is done when rank 0 has said so: without that, mpirun's code 0 is a failure, and is tried again",
    arguments: ["4.1.4", "5.0.7"])
  func doneSign(version: String) throws {
    let folder = try TemporaryFolder()
    for (starting, code, restarts) in [
      ("echo result; exit 0", 1, 2), ("echo result; printf '%s\\n' \"$DEEPINSIDE_DONE\"; exit 0", 0, 0),
      ("printf 'result\\nhalf a line%s\\n' \"$DEEPINSIDE_DONE\"; exit 0", 0, 0), ("echo result; exit 3", 3, 0),
    ] as [(String, Int32, Int)] {
      let environment = ["PATH": try pathWithOpenMPI(version, in: folder, starting: starting)]
      let result = try launch(["--max-restarts", "2", "layout", "1"], environment: environment).wait()
      #expect(result.exitCode == code, "\(starting): \(result)")
      #expect(result.output.components(separatedBy: "result\n").count == restarts + 2, "\(starting): \(result)")
      #expect(!result.output.contains("deepinside-done"), "\(starting): \(result)")
      #expect(result.output.contains("rank 0 did not come to its end") == (code == 1), "\(starting): \(result)")
    }
  }

  // The agent answers for the hosts, as ssh would.
  @Test(
    "The threads are those for which the scarcest host has cores, wherever the script was started",
    arguments: [("big:4", 16), ("big:4,small:2", 4), ("big:1,small:1", 8), ("small:1,away:1", nil)] as [(String, Int?)])
  func unlikeHosts(hosts: String, threads: Int?) throws {
    let folder = try TemporaryFolder()
    let agent = try folder.script("agent", "case $1 in big) echo 64 ;; small) echo 8 ;; *) exit 1 ;; esac")
    let result = try launch(["--dry-run", "--hosts", hosts, "train"], environment: ["OMPI_MCA_plm_rsh_agent": agent]).wait()
    let cores = try #require(Int(try RunningProcess(["nproc"]).wait().output.dropLast()))
    // Who doesn't answer is taken to be like this machine, which hardware threads may make smaller than it seems.
    guard let threads else {
      #expect(result.exitCode == 0 && cores > 0, "\(result)")
      return
    }
    #expect(result.output.contains("-x OMP_NUM_THREADS=\(threads) "), "\(result)")
    #expect(!result.output.contains("--oversubscribe"), "\(result)")
  }

  @Test(
    "Another MPI's mpirun is named, with what to do, and nothing is started",
    arguments: [
      ("HYDRA build details:\n    Version: 4.0.2", "MPICH")
    ])
  func otherMPI(version: String, name: String) throws {
    let folder = try TemporaryFolder()
    try folder.script("mpirun", "cat <<'END'\n\(version)\nEND")
    let result = try launch(["--ranks", "2", "layout", "2"], environment: ["PATH": folder.firstInPath]).wait()
    #expect(result.exitCode == 3 && result.output.contains(name) && result.output.contains("Open MPI"), "\(result)")
    #expect(result.output.split(separator: "\n").count == 1, "\(result)")
  }

  /// An allocation as Slurm 22.05 describes it to the batch script of a job, seen on three nodes of 8, 8 and 4 processors.
  private static func described(
    _ nodes: Int, cpus: String, tasks: String, sum: Int? = nil, perTask: Int? = nil
  ) -> [String: String] {
    [
      "SLURM_JOB_ID": "7", "SLURM_JOB_NUM_NODES": "\(nodes)", "SLURM_JOB_CPUS_PER_NODE": cpus, "SLURM_TASKS_PER_NODE": tasks,
      "SLURM_NTASKS": sum.map(String.init) ?? "", "SLURM_CPUS_PER_TASK": perTask.map(String.init) ?? "",
    ]
  }

  private static let shared = "--bind-to none --mca mpi_yield_when_idle 1"
  // The first one is not on a compute node: nothing depends on the cores of the machine that runs the test.
  @Test(
    "The ranks are dealt out over the nodes of a Slurm allocation",
    arguments: [
      ("", described(2, cpus: "16(x2)", tasks: "1(x2)", sum: 2, perTask: 16), "mpirun -np 2 \(shared)", 16),
      (
        "--launcher srun", described(2, cpus: "8(x2)", tasks: "8(x2)"),
        "srun --ntasks 2 --cpus-per-task 8 --nodes 2 --ntasks-per-node 1", 8
      ),
    ] as [(String, [String: String], String, Int)])
  func allocation(options: String, environment: [String: String], command: String, threads: Int) throws {
    let arguments = ["--dry-run"] + options.split(separator: " ").map(String.init) + ["train"]
    let folder = try TemporaryFolder()
    let path = ["PATH": try pathWithOpenMPI("4.1.4", in: folder)]
    let result = try launch(arguments, environment: environment.merging(path) { $1 }).wait()
    let program = try builtTool("rank-checks")
    let numbers = ["OMP_NUM_THREADS=\(threads)", "OPENBLAS_NUM_THREADS=\(threads)"]
    let evenly = options.contains("--ranks") || environment["SLURM_NTASKS"] == ""
    let expected =
      command.hasPrefix("srun")
      ? "env \(evenly ? "-u SLURM_NTASKS_PER_NODE " : "")\(numbers[0]) \(numbers[1]) OMPI_MCA_pml=ob1 "
        + "OMPI_MCA_btl_vader_single_copy_mechanism=none "
        + command.replacing("srun", with: "srun --mpi=pmix --kill-on-bad-exit=1") + " \(program) train\n"
      : "\(command) \(Self.always) -x \(numbers[0]) -x \(numbers[1]) -x DEEPINSIDE_DONE \(program) train\n"
    #expect(result.output == expected && result.exitCode == 0, "\(result)")
  }

  @Test("In a job of PBS the ranks go where its file says")
  func nodeFile() throws {
    let folder = try TemporaryFolder()
    let file = folder.path("nodes")
    try "node1\nnode1\nnode2\n".write(toFile: file, atomically: true, encoding: .utf8)
    let result = try launch(["--dry-run", "--threads", "9999", "train"], environment: ["PBS_NODEFILE": file]).wait()
    #expect(result.output.hasPrefix("mpirun -np 3 --hostfile \(file) "), "\(result)")
  }

  @Test("Where the program is there, nobody asks for Swift")
  func withoutSwift() throws {
    let folder = try TemporaryFolder()
    let made = try RunningProcess(
      ["sh", "-c", "ln -s /usr/bin/* /bin/* \"$0\" 2>/dev/null; rm -f \"$0\"/swift*; test -e \"$0\"/ldd", folder.path]
    ).wait()
    #expect(made.exitCode == 0, "\(made)")
    let result = try launch(["setup"], environment: ["PATH": folder.path]).wait()
    #expect(result.exitCode == 0 && result.output.contains("everything is there"), "\(result)")
    let missing = try launch(["setup"], environment: ["PATH": folder.path, "DEEPINSIDE_PROGRAM": folder.path("none")])
      .wait()
    #expect(missing.exitCode == 3 && missing.output.contains("there is no Swift"), "\(missing)")
  }

  @Test(
    "Wrong use ends with 2 and one line",
    arguments: [
      ["--ranks", "x", "a"], ["--hosts", "a;b:2", "a"], ["--fast", "a"], ["--threads", "2"],
    ])
  func wrongUse(arguments: [String]) throws {
    let result = try launch(arguments).wait()
    #expect(result.exitCode == 2, "\(result)")
    #expect(result.output.split(separator: "\n").count == 1, "\(result)")
  }

  @Test("It links the C library and Swift's alone")
  func libraries() throws {
    let result = try RunningProcess(["ldd", try builtTool("deepinside-launch")]).wait()
    let names = result.output.split(separator: "\n").compactMap { $0.split(separator: " ").first?.split(separator: "/").last }
    let allowed = [
      "linux-vdso", "ld-linux", "libc.so", "libm.so", "libgcc_s", "libstdc++", "libdispatch", "libBlocksRuntime", "libswift",
    ]
    #expect(
      !names.isEmpty && names.allSatisfy { name in allowed.contains { name.trimmingPrefix("\t").hasPrefix($0) } }, "\(result)")
  }
}
