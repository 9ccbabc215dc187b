import Glibc
import Launching

/// This host, and how it reaches others.
struct Host {
  /// The variables that this process was started with.
  var variables: Variables
  let allowedCores: Int
  /// The cores that this process may use, as far as a container's quota goes.
  let cores: Int

  init(variables: Variables) {
    self.variables = variables
    let processors = Processors(root: variables["DEEPINSIDE_SYSTEM_ROOT"] ?? "")
    allowedCores = processors.allowedCores ?? Self.processorCount(variables)
    cores = min(processors.quota ?? allowedCores, allowedCores)
  }

  /// The processors that this process may use, as `nproc` counts them: OMP_NUM_THREADS counts too.
  private static func processorCount(_ variables: Variables) -> Int {
    runSideBySide([["nproc"]], variables: variables)[0].output.words.first?.naturalNumber ?? 1
  }

  /// Where the ranks of a run go.
  func layout(for options: LaunchOptions) -> RankLayout {
    let names = options.hosts.names
    if !names.isEmpty {
      return .onHosts(ranks: options.ranks, threads: options.threads, slots: options.hosts.slots, cores: cores(ofHosts: names))
    }
    if let allocation = SlurmAllocation(variables) {
      return .inAllocation(
        ranks: options.ranks, threads: options.threads, allocation, cores: cores, processors: Self.processorCount(variables))
    }
    return .onThisHost(ranks: options.ranks, threads: options.threads, cores: cores)
  }

  // ---- other hosts

  /// The cores of hosts, in the order given. A host that doesn't answer is taken to be like this one.
  private func cores(ofHosts names: [String]) -> [Int] {
    zip(names, results(onHosts: names, of: "cores")).map { name, result in
      guard !isThis(name), let cores = result.output.lines.last(where: { !$0.isEmpty })?.naturalNumber,
        (1...99999).contains(cores)
      else { return self.cores }
      return cores
    }
  }

  /// The hosts that don't answer.
  func lost(of names: [String]) -> Set<String> {
    let others = names.filter { !isThis($0) }
    let results = runSideBySide(others.map { reaching($0, "true") }, variables: variables)
    return Set(zip(others, results).filter { $1.code != 0 }.map(\.0))
  }

  /// Removes what an ended run has left behind, here and on the hosts that it ran on.
  ///
  /// - Returns: false if a node of a Slurm allocation doesn't answer.
  func sweep(_ hosts: Hosts) -> Bool {
    Sweep(variables: variables).run()
    let names = hosts.names.filter { !isThis($0) }
    for (name, result) in zip(names, results(onHosts: names, of: "sweep")) where result.code != 0 {
      say("\(name) does not answer; what the run has left there stays")
    }
    return hosts != .none || allNodesAnswer(to: [Self.path, "sweep"])
  }

  /// Whether a command succeeds on all nodes of the Slurm allocation within ten seconds; true where there is none of several nodes.
  func allNodesAnswer(to command: [String] = ["true"]) -> Bool {
    guard let nodes = SlurmAllocation(variables)?.nodes, nodes > 1 else { return true }
    let words = ["timeout", "10", "srun", "--ntasks-per-node=1", "--ntasks=\(nodes)"] + command
    return runSideBySide([words], variables: variables)[0].code == 0
  }

  /// Lets the launcher do something on hosts, where it has the same path as here. What doesn't answer has code 124.
  private func results(onHosts names: [String], of command: String) -> [CommandResult] {
    runSideBySide(
      names.map { isThis($0) ? ["true"] : reaching($0, "\(Self.path.singleQuoted) \(command)") }, variables: variables)
  }

  /// A command on another host, reached the way that mpirun reaches it.
  private func reaching(_ name: String, _ command: String) -> [String] {
    let agent = OpenMPI.givenAgent(variables)?.words ?? ["ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=5"]
    return ["timeout", "10"] + agent + [name, command]
  }

  private func isThis(_ name: String) -> Bool {
    var buffer = [UInt8](repeating: 0, count: 257)
    _ = buffer.withUnsafeMutableBytes { gethostname($0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count - 1) }
    let own = String(bytes: buffer.prefix { $0 != 0 })
    return name == "localhost" || name == own || name == String(own.prefix { $0 != "." })
  }

  /// Where this program lies, by the name that it was started with: the file behind it may lie elsewhere on other hosts.
  private static let path: String = {
    if let name = (text(ofFile: "/proc/self/cmdline") ?? "").split(separator: "\0").first, name.hasPrefix("/") {
      return String(name)
    }
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = buffer.withUnsafeMutableBytes {
      readlink("/proc/self/exe", $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
    }
    return String(bytes: buffer.prefix(max(count, 0)))
  }()
}
