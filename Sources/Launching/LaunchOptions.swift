/// What a user asks of the launcher: its own options, and the command of deepinside after them.
package struct LaunchOptions: Equatable, Sendable {
  package enum Launcher: String, Sendable { case mpirun, srun }

  package var ranks: Int?
  package var threads: Int?
  package var hosts = Hosts.none
  /// The network interface, or the subnet, that ranks talk over.
  package var interface: String?
  package var maxRestarts = 0
  package var launcher = Launcher.mpirun
  package var isDryRun = false
  /// The command with its arguments.
  package var command: [String] = []

  package init() {}

  /// Reads a command line.
  ///
  /// - Parameters:
  ///   - variables: tell whether this is a job of Slurm or PBS.
  ///   - readFile: the text of a file, or nil if it can't be read.
  package init(
    _ arguments: [String], variables: Variables, readFile: (String) -> String? = text(ofFile:)
  ) throws(LaunchError) {
    var given: [String: String] = [:]
    var rest = arguments[...]
    while let name = rest.first, name.hasPrefix("--") {
      rest.removeFirst()
      if name == "--dry-run" {
        isDryRun = true
        continue
      }
      guard Self.optionsWithValue.contains(name) else {
        throw .wrongUse("unknown option \(name) (./launch.sh --help; options of a command come after it)")
      }
      guard let value = rest.popFirst() else { throw .wrongUse("\(name) needs a value (./launch.sh --help)") }
      guard !value.isEmpty else { throw .wrongUse("\(name) has an empty value: is a variable of the shell not set?") }
      switch name {
      case "--ranks": ranks = try Self.number(name, value, from: 1)
      case "--threads": threads = try Self.number(name, value, from: 1)
      case "--max-restarts": maxRestarts = try Self.number(name, value, from: 0)
      default: given[name] = value
      }
    }
    guard !rest.isEmpty else { throw .wrongUse("no command given (./launch.sh --help)") }
    command = Array(rest)
    let isInSlurm = variables["SLURM_JOB_ID"] != nil
    try setLauncher(given["--launcher"], isInSlurm: isInSlurm)
    try setHosts(given, file: isInSlurm ? nil : variables["PBS_NODEFILE"], readFile: readFile)
    if let interface = given["--interface"] {
      guard interface.wholeMatch(of: /[A-Za-z0-9_.:\/,-]+/) != nil else {
        throw .wrongUse("--interface takes names or subnets, not '\(interface)'")
      }
      self.interface = interface
    }
  }

  private static let optionsWithValue = [
    "--ranks", "--threads", "--hosts", "--hostfile", "--interface", "--max-restarts", "--launcher",
  ]

  private static func number(_ name: String, _ text: String, from lowest: Int) throws(LaunchError) -> Int {
    guard text.utf8.count <= 6, let number = text.naturalNumber, number >= lowest else {
      throw .wrongUse("\(name) takes a whole number from \(lowest) on, not '\(text)'")
    }
    return number
  }

  private mutating func setLauncher(_ name: String?, isInSlurm: Bool) throws(LaunchError) {
    guard let name else { return }
    guard let launcher = Launcher(rawValue: name) else {
      throw .wrongUse("--launcher is mpirun or srun, not '\(name)'")
    }
    guard launcher == .mpirun || isInSlurm else {
      throw .wrongUse("--launcher srun works in a Slurm allocation (salloc, sbatch)")
    }
    self.launcher = launcher
  }

  /// In a job of PBS its hosts are in a file, which counts where the user names none.
  private mutating func setHosts(
    _ given: [String: String], file: String?, readFile: (String) -> String?
  ) throws(LaunchError) {
    let list = given["--hosts"]
    var path = given["--hostfile"]
    guard list == nil || path == nil else { throw .wrongUse("--hosts and --hostfile exclude each other") }
    if list == nil, path == nil { path = file }
    guard list == nil && path == nil || launcher == .mpirun else {
      throw .wrongUse("--launcher srun takes its hosts from the allocation")
    }
    if let list { hosts = try .list(list) }
    if let path {
      guard let text = readFile(path) else { throw .wrongUse("cannot read the host file \(path)") }
      hosts = try .file(path, text: text)
    }
  }

  /// Goes on without hosts of the list that no longer answer.
  ///
  /// - Parameter layout: that of the run before; its ranks and threads stay, as far as there are slots.
  /// - Returns: what is to be said of it.
  /// - Throws: if none is left.
  package mutating func leaveOut(_ lost: Set<String>, after layout: RankLayout) throws(LaunchError) -> [String] {
    let left = hosts.entries.filter { !lost.contains($0.name) }
    guard case .listed(let entries) = hosts, left != entries else { return [] }
    guard !left.isEmpty else {
      throw LaunchError(code: 1, "none of the hosts \(entries.map(\.text).joined(separator: ",")) answers")
    }
    var texts = hosts.names.filter(lost.contains).map { "\($0) does not answer and is left out" }
    hosts = .listed(left)
    let slots = hosts.slots.reduce(0, +)
    threads = layout.threads
    ranks = min(layout.ranks, slots)
    if layout.ranks > slots { texts.append("going on with \(slots) instead of \(layout.ranks) ranks: there are no more slots") }
    return texts
  }
}
