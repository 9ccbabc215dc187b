/// The command line that starts the ranks.
package struct LaunchCommand: Sendable {
  package var options: LaunchOptions
  package var layout: RankLayout
  /// True if others have a part of our cores, by a container's quota. Ranks are not bound to cores then: other containers' would be
  /// bound to the same ones.
  package var hasQuota: Bool
  package var openMPI: OpenMPI
  package var variables: Variables
  package var program: String
  /// True if descriptor 2 is a terminal. Under mpirun no rank sees it itself.
  package var isOnTerminal: Bool

  package init(
    options: LaunchOptions, layout: RankLayout, hasQuota: Bool, openMPI: OpenMPI, variables: Variables, program: String,
    isOnTerminal: Bool
  ) {
    (self.options, self.layout, self.hasQuota, self.openMPI) = (options, layout, hasQuota, openMPI)
    (self.variables, self.program, self.isOnTerminal) = (variables, program, isOnTerminal)
  }

  package var words: [String] { (options.launcher == .srun ? srun : mpirun) + [program] + options.command }

  private var isInSlurm: Bool { variables["SLURM_JOB_ID"] != nil }
  private var nodes: Int { variables.number("SLURM_JOB_NUM_NODES") ?? 1 }
  private var threadCounts: [String] { ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"].map { "\($0)=\(layout.threads)" } }
  private let pml = OpenMPI.Parameter(name: "pml", value: "ob1")

  // ---- srun

  private var srun: [String] {
    var words = ["env"]
    if layout.isSpread { words += ["-u", "SLURM_NTASKS_PER_NODE"] }
    words += threadCounts + parametersAsVariables
    words += ["srun", "--mpi=pmix", "--kill-on-bad-exit=1"]
    words += ["--ntasks", "\(layout.ranks)", "--cpus-per-task", "\(layout.processorsPerRank)"]
    if layout.isSpread, layout.ranks < nodes { words += ["--nodes", "\(layout.ranks)"] }
    if layout.isSpread, layout.ranks % nodes == 0 {
      words += ["--nodes", "\(nodes)", "--ntasks-per-node", "\(layout.ranksPerHost)"]
    }
    return layout.fits ? words : words + ["--overcommit"]
  }

  /// srun takes no `--mca`.
  private var parametersAsVariables: [String] {
    let interface = options.interface.map { [OpenMPI.Parameter(name: "btl_tcp_if_include", value: $0)] } ?? []
    return ([pml] + openMPI.sharedMemoryParameters + interface).filter { variables["OMPI_MCA_\($0.name)"] == nil }
      .map { "OMPI_MCA_\($0.name)=\($0.value)" }
  }

  // ---- mpirun

  private var mpirun: [String] {
    ["mpirun", "-np", "\(layout.ranks)"] + hostOptions + bindingOptions + networkOptions + handedOver
  }

  private var hostOptions: [String] {
    switch options.hosts {
    case .none: []
    case .listed(let entries): ["--host", entries.map(\.text).joined(separator: ",")]
    case .file(let path, _): ["--hostfile", path]
    }
  }

  /// One rank's threads on cores of their own. Several hosts are taken at their word only where they are filled: a host that shares its
  /// processor with another would bind to the same cores.
  private var bindingOptions: [String] {
    var words: [String] = []
    let isThisHost = options.hosts == .none && !isInSlurm
    if layout.fits, !hasQuota, layout.isFilled || isThisHost {
      words += ["--map-by", "\(layout.isSpread ? "node" : "slot"):PE=\(layout.threads)", "--bind-to", "core"]
    } else {
      if layout.isSpread { words += ["--map-by", "node"] }
      words += ["--bind-to", "none"] + openMPI.library(.init(name: "mpi_yield_when_idle", value: "1"), variables)
    }
    // Neighbours in the order of ranks stay on one host.
    if layout.isSpread { words += ["--rank-by", "slot"] }
    return layout.fits && !layout.isCrowded ? words : words + ["--oversubscribe"]
  }

  private var networkOptions: [String] {
    let isOneHost = options.hosts == .none && options.interface == nil && nodes <= 1
    var words = ([pml] + openMPI.sharedMemoryParameters + (isOneHost ? openMPI.oneHostParameters : []))
      .flatMap { openMPI.library($0, variables) }
    // A cut link ends the job after seconds; without these it hangs for ever.
    for (name, value) in [("time", "3"), ("intvl", "1"), ("probes", "3")] {
      words += openMPI.runtime("oob_tcp_keepalive_\(name)", value, variables)
    }
    if let interface = options.interface {
      words += openMPI.library(.init(name: "btl_tcp_if_include", value: interface), variables)
      words += openMPI.runtime("oob_tcp_if_include", interface, variables)
    }
    return words + openMPI.agent(variables)
  }

  /// The variables that ranks get. What is set here counts on the other hosts too, where mpirun comes by ssh.
  private var handedOver: [String] {
    (threadCounts + ["DEEPINSIDE_DONE"] + (isOnTerminal ? ["DEEPINSIDE_TERMINAL=1"] : [])
      + ["LD_LIBRARY_PATH", "HDF5_USE_FILE_LOCKING"].filter { variables[$0] != nil }).flatMap { ["-x", $0] }
  }
}
