import Foundation
import TestSupport
import Testing

/// launch.sh, with rank-checks in the place of the program.
@Suite struct LaunchTests {
  static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "launch.sh").path

  private func launch(_ arguments: [String], environment: [String: String] = [:]) throws -> RunningProcess {
    var variables = ["DEEPINSIDE_PROGRAM": try builtTool("rank-checks"), "DEEPINSIDE_LAUNCHER": try builtTool("deepinside-launch")]
    for name in [
      "SLURM_JOB_ID", "SLURM_NTASKS", "SLURM_JOB_NUM_NODES", "SLURM_CPUS_PER_TASK", "SLURM_CPUS_ON_NODE", "SLURM_TASKS_PER_NODE",
      "SLURM_JOB_CPUS_PER_NODE", "SLURMD_NODENAME", "PBS_NODEFILE", "LD_LIBRARY_PATH", "HDF5_USE_FILE_LOCKING", "OMPI_MCA_btl",
    ] { variables[name] = "" }
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
        "--ranks 2 --threads 9999 --interface eth0 train", [:],
        "mpirun -np 2 --bind-to none --mca mpi_yield_when_idle 1 --oversubscribe \(always) --mca btl_tcp_if_include eth0 "
          + "--mca oob_tcp_if_include eth0 -x OMP_NUM_THREADS=9999 -x OPENBLAS_NUM_THREADS=9999 -x DEEPINSIDE_DONE PROGRAM train"
      ),
      (
        "--hosts a,b,a --threads 9999 train", ["HDF5_USE_FILE_LOCKING": "FALSE"],
        "mpirun -np 3 --host a\\,b\\,a --bind-to none --mca mpi_yield_when_idle 1 --oversubscribe \(always) "
          + "-x OMP_NUM_THREADS=9999 -x OPENBLAS_NUM_THREADS=9999 -x DEEPINSIDE_DONE -x HDF5_USE_FILE_LOCKING PROGRAM train"
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

  @Test("What the environment says for the one version of Open MPI counts for the other, and wins")
  func parametersOfTheEnvironment() throws {
    let folder = try TemporaryFolder()
    let given = ["OMPI_MCA_plm_rsh_agent": "/bin/false", "OMPI_MCA_oob_tcp_keepalive_time": "9", "OMPI_MCA_btl": "self,tcp"]
    for (version, expected) in [("4.1.4", []), ("5.0.7", ["--prtemca plm_ssh_agent /bin/false", "--prtemca oob_tcp_keepalive_time 9"])] {
      var environment = given
      environment["PATH"] = try pathWithOpenMPI(version, in: folder)
      let arguments = ["--dry-run", "--ranks", "2", "--threads", "1", "train"]
      let result = try launch(arguments, environment: environment).wait()
      for text in expected { #expect(result.output.contains(text), "\(version): \(result)") }
      for text in ["keepalive_time 3", "--mca btl ", "--mca plm"] { #expect(!result.output.contains(text), "\(version): \(result)") }
    }
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

  @Test("Blanks between hosts are no part of their names, and what is no host is refused")
  func hostList() throws {
    for given in ["a:4, b:3 ,c", " a:4 b:3\tc,"] {
      let result = try launch(["--dry-run", "--threads", "1", "--hosts", given, "train"]).wait()
      #expect(result.output.hasPrefix("mpirun -np 8 --host a:4\\,b:3\\,c "), "\(result)")
    }
    for given in ["a:x", "a:0", ",", "a;b:2"] {
      let result = try launch(["--dry-run", "--hosts", given, "train"]).wait()
      #expect(result.exitCode == 2 && result.output.contains("--hosts"), "\(result)")
    }
  }

  // The agent answers for the hosts, as ssh would. By way of sh: a child of another test may hold the script open for writing, and
  // then it can't be executed.
  @Test(
    "The threads are those for which the scarcest host has cores, wherever the script was started",
    arguments: [("big:4", 16), ("big:4,small:2", 4), ("big:1,small:1", 8), ("small:1,away:1", nil)] as [(String, Int?)])
  func unlikeHosts(hosts: String, threads: Int?) throws {
    let folder = try TemporaryFolder()
    let agent = folder.path("agent")
    try """
      #!/bin/sh
      case $1 in big) echo 64 ;; small) echo 8 ;; *) exit 1 ;; esac
      """.write(toFile: agent, atomically: true, encoding: .utf8)
    #expect(chmod(agent, 0o755) == 0)
    let result = try launch(["--dry-run", "--hosts", hosts, "train"], environment: ["OMPI_MCA_plm_rsh_agent": "sh \(agent)"]).wait()
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
      ("HYDRA build details:\n    Version: 4.0.2", "MPICH"),
      ("Intel(R) MPI Library for Linux* OS, Version 2021.9 Build 20230306", "Intel MPI"), ("some other thing 1.0", "some other thing"),
    ])
  func otherMPI(version: String, name: String) throws {
    let folder = try TemporaryFolder()
    try "#!/bin/sh\ncat <<'END'\n\(version)\nEND\n".write(toFile: folder.path("mpirun"), atomically: true, encoding: .utf8)
    #expect(chmod(folder.path("mpirun"), 0o755) == 0)
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    let result = try launch(["--ranks", "2", "layout", "2"], environment: ["PATH": "\(folder.path):\(path)"]).wait()
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
  private static let spread = "--map-by node --bind-to none --mca mpi_yield_when_idle 1 --rank-by slot"

  // The first one is not on a compute node: nothing depends on the cores of the machine that runs the test.
  @Test(
    "The ranks are dealt out over the nodes of a Slurm allocation",
    arguments: [
      // As many ranks as tasks: where Slurm has put them, with the threads that the scarcest node has for each.
      ("", described(2, cpus: "16(x2)", tasks: "1(x2)", sum: 2, perTask: 16), "mpirun -np 2 \(shared)", 16),
      ("", described(2, cpus: "4,2", tasks: "2,1", sum: 3, perTask: 2), "mpirun -np 3 \(shared)", 2),
      ("", described(3, cpus: "8(x2),4", tasks: "2(x2),1", sum: 5), "mpirun -np 5 \(shared)", 4),
      ("", described(3, cpus: "8(x2),4", tasks: "8(x2),4", sum: 20), "mpirun -np 20 \(shared)", 1),
      // No number of tasks: a rank a node.
      ("", described(2, cpus: "8(x2)", tasks: "8(x2)"), "mpirun -np 2 \(spread)", 8),
      // More or fewer: evenly, with all processors of the nodes.
      ("--ranks 2", described(2, cpus: "4(x2)", tasks: "2(x2)", sum: 4, perTask: 2), "mpirun -np 2 \(spread)", 4),
      ("--ranks 3", described(2, cpus: "8(x2)", tasks: "8(x2)"), "mpirun -np 3 \(spread)", 4),
      ("--ranks 1", described(2, cpus: "4(x2)", tasks: "2(x2)", sum: 4), "mpirun -np 1 \(spread)", 4),
      (
        "--ranks 4", described(2, cpus: "2(x2)", tasks: "1(x2)", sum: 2, perTask: 2), "mpirun -np 4 \(spread) --oversubscribe", 1
      ),
      (
        "--launcher srun", described(2, cpus: "6(x2)", tasks: "2(x2)", sum: 4, perTask: 3), "srun --ntasks 4 --cpus-per-task 3", 3
      ),
      (
        "--launcher srun", described(2, cpus: "8(x2)", tasks: "8(x2)"),
        "srun --ntasks 2 --cpus-per-task 8 --nodes 2 --ntasks-per-node 1", 8
      ),
      (
        "--launcher srun --ranks 1", described(2, cpus: "8(x2)", tasks: "8(x2)"),
        "srun --ntasks 1 --cpus-per-task 8 --nodes 1", 8
      ),
      ("--launcher srun --ranks 3", described(2, cpus: "8(x2)", tasks: "8(x2)"), "srun --ntasks 3 --cpus-per-task 4", 4),
      (
        "--launcher srun --ranks 5", described(2, cpus: "2(x2)", tasks: "1(x2)", sum: 2, perTask: 2),
        "srun --ntasks 5 --cpus-per-task 1 --overcommit", 1
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

  @Test("On a compute node, ranks are bound only where all of its processors are theirs")
  func binding() throws {
    let processors = try #require(Int(try RunningProcess(["nproc"]).wait().output.dropLast()))
    for (cpus, bound) in [(processors, true), (processors - 1, false)] where cpus > 0 {
      var environment = Self.described(1, cpus: "\(cpus)", tasks: "1", sum: 1, perTask: cpus)
      environment["SLURM_CPUS_ON_NODE"] = "\(cpus)"
      environment["SLURMD_NODENAME"] = "node1"
      let result = try launch(["--dry-run", "train"], environment: environment).wait()
      #expect(result.output.contains("--bind-to core") == bound, "\(cpus) of \(processors): \(result)")
      #expect(!result.output.contains("--oversubscribe"), "\(cpus) of \(processors): \(result)")
    }
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
      ["--ranks", "x", "a"], ["--ranks", "0", "a"], ["--interface", "eth0;ls", "a"], ["--ranks"], ["--fast", "a"],
      ["--launcher", "srun", "a"],
      ["--threads", "2"],
    ])
  func wrongUse(arguments: [String]) throws {
    let result = try launch(arguments).wait()
    #expect(result.exitCode == 2, "\(result)")
    #expect(result.output.split(separator: "\n").count == 1, "\(result)")
  }

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

  /// Whether a process has a handler for SIGUSR1.
  private func isWaiting(_ process: RunningProcess) -> Bool {
    let status = (try? String(contentsOfFile: "/proc/\(process.processID)/status", encoding: .utf8)) ?? ""
    guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix("SigCgt:") }),
      let caught = UInt64(line.dropFirst(7).trimmingCharacters(in: .whitespaces), radix: 16)
    else { return false }
    return caught & (1 << UInt64(SIGUSR1 - 1)) != 0
  }
}
