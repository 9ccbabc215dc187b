import Testing

@testable import Launching

/// Command lines, of which LaunchTests records some by way of launch.sh too.
@Suite struct LaunchCommandTests {
  /// The command line on a host of so many cores, as `--dry-run` prints it.
  private func line(
    _ options: String, _ environment: [String: String] = [:], openMPI: Int = 4, cores: Int = 4, hasQuota: Bool = false,
    isOnTerminal: Bool = false, files: [String: String] = [:]
  ) throws -> String {
    let variables = Variables(environment)
    let options = try LaunchOptions(options.words, variables: variables) { files[$0] }
    let names = options.hosts.names
    let layout: RankLayout =
      if !names.isEmpty {
        .onHosts(ranks: options.ranks, threads: options.threads, slots: options.hosts.slots, cores: names.map { _ in cores })
      } else if let allocation = SlurmAllocation(variables) {
        .inAllocation(ranks: options.ranks, threads: options.threads, allocation, cores: cores, processors: cores)
      } else {
        .onThisHost(ranks: options.ranks, threads: options.threads, cores: cores)
      }
    let command = LaunchCommand(
      options: options, layout: layout, hasQuota: hasQuota, openMPI: OpenMPI(major: openMPI), variables: variables,
      program: "PROGRAM", isOnTerminal: isOnTerminal)
    return command.words.map(\.quotedWord).joined(separator: " ")
  }

  private static let always =
    "--mca pml ob1 --mca btl_vader_single_copy_mechanism none --mca oob_tcp_keepalive_time 3 "
    + "--mca oob_tcp_keepalive_intvl 1 --mca oob_tcp_keepalive_probes 3"

  private static func threads(_ number: Int) -> String {
    "-x OMP_NUM_THREADS=\(number) -x OPENBLAS_NUM_THREADS=\(number) -x DEEPINSIDE_DONE"
  }

  private static let free = "--bind-to none --mca mpi_yield_when_idle 1"

  @Test(
    "The command is the one that its options ask for, for either version of Open MPI",
    arguments: [
      ("train", [:], "mpirun -np 1 --map-by slot:PE=4 --bind-to core \(always) \(threads(4)) PROGRAM train"),
      ("--ranks 3 train", [:], "mpirun -np 3 --map-by slot:PE=1 --bind-to core \(always) \(threads(1)) PROGRAM train"),
      (
        "--ranks 2 --threads 9 train --run x", [:],
        "mpirun -np 2 \(free) --oversubscribe \(always) \(threads(9)) PROGRAM train --run x"
      ),
      (
        "--hosts a:4,b:3,c --threads 9 train", [:],
        "mpirun -np 8 --host a:4\\,b:3\\,c \(free) --oversubscribe \(always) \(threads(9)) PROGRAM train"
      ),
      (
        "--hosts a,b train", [:],
        "mpirun -np 2 --host a\\,b --map-by slot:PE=4 --bind-to core \(always) \(threads(4)) PROGRAM train"
      ),
      (
        "--hosts a,b,a train", ["HDF5_USE_FILE_LOCKING": "FALSE", "LD_LIBRARY_PATH": "/opt/lib"],
        "mpirun -np 3 --host a\\,b\\,a \(free) \(always) \(threads(2)) -x LD_LIBRARY_PATH -x HDF5_USE_FILE_LOCKING PROGRAM train"
      ),
      (
        "--interface eth0 train", [:],
        "mpirun -np 1 --map-by slot:PE=4 --bind-to core \(always) --mca btl_tcp_if_include eth0 --mca oob_tcp_if_include eth0 "
          + "\(threads(4)) PROGRAM train"
      ),
      (
        "--threads 9 train", ["SLURM_JOB_ID": "7", "SLURM_NTASKS": "6", "SLURM_TASKS_PER_NODE": "6", "OMPI_MCA_pml": "ucx"],
        "mpirun -np 6 \(free) --oversubscribe \(always.replacing("--mca pml ob1 ", with: "")) \(threads(9)) PROGRAM train"
      ),
    ] as [(String, [String: String], String)])
  func options(options: String, environment: [String: String], command: String) throws {
    #expect(try line(options, environment) == command)
    let several = command.contains("--host") || command.contains("_if_include")
    let inVersion5 = command.replacing("--mca oob_", with: "--prtemca oob_")
      .replacing("--mca btl_vader_single_copy_mechanism none ", with: several ? "" : "--mca btl \\^tcp ")
    #expect(try line(options, environment, openMPI: 5) == inVersion5)
  }

  @Test("Cores of which a quota leaves us a part are not bound to, and a terminal is told of")
  func quotaAndTerminal() throws {
    #expect(try line("train", hasQuota: true) == "mpirun -np 1 \(Self.free) \(Self.always) \(Self.threads(4)) PROGRAM train")
    #expect(try line("train", isOnTerminal: true).contains("-x DEEPINSIDE_DONE -x DEEPINSIDE_TERMINAL=1 PROGRAM"))
  }

  @Test("A host file goes to mpirun as it is, and tells the number of ranks")
  func hostFile() throws {
    let files = ["nodes": "node1\nnode1 # a comment\n\nnode2 slots = 2 max_slots=4\n"]
    for (options, environment) in [("--hostfile nodes", [:]), ("", ["PBS_NODEFILE": "nodes"])] as [(String, [String: String])] {
      let line = try line("\(options) --threads 1 train", environment, files: files)
      #expect(line.hasPrefix("mpirun -np 4 --hostfile nodes \(Self.free) --mca"), "\(line)")
    }
  }

  @Test("What the environment says for the one version of Open MPI counts for the other, and wins")
  func parametersOfTheEnvironment() throws {
    let given = [
      "OMPI_MCA_plm_rsh_agent": "/bin/false", "OMPI_MCA_oob_tcp_keepalive_time": "9", "OMPI_MCA_btl": "self,tcp",
      "OMPI_MCA_pml": "",
    ]
    let four = try line("train", given)
    #expect(
      !four.contains("agent") && !four.contains("keepalive_time") && !four.contains("--mca btl ")
        && four.contains("--mca pml ob1"))
    let five = try line("train", given, openMPI: 5)
    #expect(
      five.contains("--prtemca oob_tcp_keepalive_time 9 ") && five.contains("--prtemca plm_ssh_agent /bin/false "), "\(five)")
    #expect(!five.contains("--mca btl "), "\(five)")
    let own = try line("train", ["PRTE_MCA_plm_ssh_agent": "own", "OMPI_MCA_plm_rsh_agent": "other"], openMPI: 5)
    #expect(!own.contains("agent"), "\(own)")
  }

  // ---- Slurm

  /// An allocation as Slurm 22.05 describes it to the batch script of a job, seen on three nodes of 8, 8 and 4 processors.
  private static func described(
    _ nodes: Int, cpus: String, tasks: String, sum: Int? = nil, perTask: Int? = nil
  ) -> [String: String] {
    [
      "SLURM_JOB_ID": "7", "SLURM_JOB_NUM_NODES": "\(nodes)", "SLURM_JOB_CPUS_PER_NODE": cpus, "SLURM_TASKS_PER_NODE": tasks,
      "SLURM_NTASKS": sum.map(String.init) ?? "", "SLURM_CPUS_PER_TASK": perTask.map(String.init) ?? "",
    ]
  }

  private static let spread = "--map-by node --bind-to none --mca mpi_yield_when_idle 1 --rank-by slot"

  @Test(
    "The ranks are dealt out over the nodes of a Slurm allocation",
    arguments: [
      // As many ranks as tasks: where Slurm has put them, with the threads that the scarcest node has for each.
      ("", described(2, cpus: "16(x2)", tasks: "1(x2)", sum: 2, perTask: 16), "mpirun -np 2 \(free)", 16),
      ("", described(2, cpus: "4,2", tasks: "2,1", sum: 3, perTask: 2), "mpirun -np 3 \(free)", 2),
      ("", described(3, cpus: "8(x2),4", tasks: "2(x2),1", sum: 5), "mpirun -np 5 \(free)", 4),
      ("", described(3, cpus: "8(x2),4", tasks: "8(x2),4", sum: 20), "mpirun -np 20 \(free)", 1),
      // No number of tasks: a rank per node.
      ("", described(2, cpus: "8(x2)", tasks: "8(x2)"), "mpirun -np 2 \(spread)", 8),
      // More or fewer: evenly, with all processors of the nodes.
      ("--ranks 2", described(2, cpus: "4(x2)", tasks: "2(x2)", sum: 4, perTask: 2), "mpirun -np 2 \(spread)", 4),
      ("--ranks 3", described(2, cpus: "8(x2)", tasks: "8(x2)"), "mpirun -np 3 \(spread)", 4),
      ("--ranks 1", described(2, cpus: "4(x2)", tasks: "2(x2)", sum: 4), "mpirun -np 1 \(spread)", 4),
      ("--ranks 4", described(2, cpus: "2(x2)", tasks: "1(x2)", sum: 2, perTask: 2), "mpirun -np 4 \(spread) --oversubscribe", 1),
      (
        "--launcher srun", described(2, cpus: "6(x2)", tasks: "2(x2)", sum: 4, perTask: 3), "srun --ntasks 4 --cpus-per-task 3", 3
      ),
      (
        "--launcher srun", described(2, cpus: "8(x2)", tasks: "8(x2)"),
        "srun --ntasks 2 --cpus-per-task 8 --nodes 2 --ntasks-per-node 1", 8
      ),
      (
        "--launcher srun --ranks 1", described(2, cpus: "8(x2)", tasks: "8(x2)"), "srun --ntasks 1 --cpus-per-task 8 --nodes 1", 8
      ),
      ("--launcher srun --ranks 3", described(2, cpus: "8(x2)", tasks: "8(x2)"), "srun --ntasks 3 --cpus-per-task 4", 4),
      (
        "--launcher srun --ranks 5", described(2, cpus: "2(x2)", tasks: "1(x2)", sum: 2, perTask: 2),
        "srun --ntasks 5 --cpus-per-task 1 --overcommit", 1
      ),
    ] as [(String, [String: String], String, Int)])
  func allocation(options: String, environment: [String: String], command: String, threads: Int) throws {
    let numbers = "OMP_NUM_THREADS=\(threads) OPENBLAS_NUM_THREADS=\(threads)"
    let evenly = options.contains("--ranks") || environment["SLURM_NTASKS"] == ""
    let expected =
      command.hasPrefix("srun")
      ? "env \(evenly ? "-u SLURM_NTASKS_PER_NODE " : "")\(numbers) OMPI_MCA_pml=ob1 OMPI_MCA_btl_vader_single_copy_mechanism=none "
        + command.replacing("srun", with: "srun --mpi=pmix --kill-on-bad-exit=1") + " PROGRAM train"
      : "\(command) \(Self.always) \(Self.threads(threads)) PROGRAM train"
    #expect(try line("\(options) train", environment) == expected)
  }

  @Test("srun gets the interface as a variable, and nothing that the environment has")
  func srunParameters() throws {
    var environment = Self.described(1, cpus: "4", tasks: "1", sum: 1)
    environment["OMPI_MCA_pml"] = "ucx"
    let line = try line("--launcher srun --interface ib0 train", environment)
    #expect(line.contains("OMPI_MCA_btl_tcp_if_include=ib0 srun") && !line.contains("pml"), "\(line)")
  }

  @Test("On a compute node, ranks are bound only where all of its processors are theirs")
  func binding() throws {
    for (cpus, isBound) in [(4, true), (3, false)] {
      var environment = Self.described(1, cpus: "\(cpus)", tasks: "1", sum: 1, perTask: cpus)
      environment["SLURM_CPUS_ON_NODE"] = "\(cpus)"
      environment["SLURMD_NODENAME"] = "node1"
      let line = try line("train", environment)
      #expect(line.contains("--bind-to core") == isBound && !line.contains("--oversubscribe"), "\(line)")
    }
  }

  @Test("Where Slurm counts hardware threads, the ranks get the cores")
  func hardwareThreads() throws {
    var environment = Self.described(2, cpus: "8(x2)", tasks: "1(x2)", sum: 2, perTask: 8)
    environment["SLURM_CPUS_ON_NODE"] = "8"
    environment["SLURMD_NODENAME"] = "node1"
    #expect(try line("train", environment).contains("OMP_NUM_THREADS=4 "))
    #expect(try line("--launcher srun train", environment).contains("--cpus-per-task 8 "))
  }

  @Test("Slurm's short lists are read")
  func shortLists() {
    #expect(SlurmAllocation.expand("8(x2),4") == [8, 8, 4])
    #expect(SlurmAllocation.expand("") == [] && SlurmAllocation.expand("nonsense,2") == [2])
  }
}
