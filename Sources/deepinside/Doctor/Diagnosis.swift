import Cluster

/// A problem, and what to do about it.
struct Problem: Equatable {
  let text: String
  let remedy: String
}

extension [Problem] {
  fileprivate mutating func add(_ text: String, remedy: String) { append(Problem(text: text, remedy: remedy)) }
}

/// Finds problems from the facts of all ranks.
struct Diagnosis {
  let facts: [RankFacts]
  /// The speeds of links between hosts; empty if there is only one host.
  let links: [LinkSpeed]
  /// Per rank: the seconds by which its clock is ahead of rank 0's.
  let skews: [Double]
  let folder: String

  /// The first rank of each host.
  var hosts: [RankFacts] {
    var seen: Set<String> = []
    return facts.filter { seen.insert($0.host).inserted }
  }

  var problems: [Problem] { threadProblems + differenceProblems + folderProblems + networkProblems + hostProblems }

  private var threadProblems: [Problem] {
    var problems = Placement.problems(of: facts.map(\.placement)).map { Problem(text: $0.text, remedy: $0.remedy) }
    for first in hosts {
      let ranks = facts.filter { $0.host == first.host }
      let threads = ranks.reduce(0) { $0 + $1.placement.threads }
      if 2 * threads <= first.placement.processors {
        problems.add(
          "\(first.host): only \(threads) thread\(threads == 1 ? "" : "s") for \(first.placement.processors) processors",
          remedy: "more --threads or --ranks, unless the rest is for others, or two of them share a core")
      }
      if first.load > 0.5 * Double(first.placement.processors) + Double(ranks.count) {
        problems.add(
          "\(first.host) is busy: a load of \(first.load) on \(first.placement.processors) processors",
          remedy: "whatever shares the cores slows every rank of the job; the figures here are too low")
      }
    }
    return problems
  }

  private var differenceProblems: [Problem] {
    func values(_ of: (RankFacts) -> String) -> String? {
      let groups = Dictionary(grouping: hosts, by: of)
      guard groups.count > 1 else { return nil }
      return groups.map { value, hosts in "\(value) on \(hosts.map(\.host).joined(separator: ", "))" }.sorted()
        .joined(separator: "; ")
    }
    var problems: [Problem] = []
    if let found = values(\.mpi) {
      problems.add("different MPI libraries: \(found)", remedy: "install the same one everywhere")
    }
    if let found = values(\.program) {
      problems.add("different versions of deepinside: \(found)", remedy: "copy one build to all hosts")
    }
    if let found = values(\.instructionSet) {
      problems.add(
        "different processors: \(found)",
        remedy: "the slowest sets the pace, and bits depend on the kernels: for --reduction exact choose hosts of one kind")
    }
    return problems
  }

  private var folderProblems: [Problem] {
    var problems: [Problem] = []
    if facts.allSatisfy({ $0.diskRate == nil }) {
      problems.add("\(folder) can't be written to", remedy: "give --folder, where runs and results will go")
      return problems
    }
    let blind = facts.filter { !$0.seesFolder }.map(\.host)
    if !blind.isEmpty {
      problems.add(
        "\(Set(blind).sorted().joined(separator: ", ")) can't see what \(facts[0].host) writes into \(folder)",
        remedy: "ranks of all hosts need the same pictures and result folders: use a shared file system")
    } else if facts.contains(where: { !$0.locks }) {
      problems.add("files in \(folder) can't be locked", remedy: "export HDF5_USE_FILE_LOCKING=FALSE (NFS, Lustre)")
    }
    for (rank, skew) in skews.enumerated() where abs(skew) > 1 {
      problems.add(
        "the clock of \(facts[rank].host) is \(Int(abs(skew).rounded())) s \(skew > 0 ? "ahead" : "behind")",
        remedy: "start a time service (chrony): dates of files and logs of different hosts don't fit together")
    }
    return problems
  }

  private var networkProblems: [Problem] {
    guard let slowest = links.min(by: { $0.bandwidth < $1.bandwidth }) else { return [] }
    var problems: [Problem] = []
    if slowest.bandwidth < 5e8 {
      let several = hosts.contains { $0.interfaces.count > 1 }
      problems.add(
        "a slow network: \(rate(slowest.bandwidth)) between \(facts[slowest.first].host) and \(facts[slowest.second].host)",
        remedy: "--gradient-wire bfloat16 halves what is sent, a larger --batch sends it less often"
          + (several ? "; there are several interfaces: try ./launch.sh --interface" : ""))
    }
    if let fastest = links.map(\.bandwidth).max(), slowest.bandwidth < fastest / 3 {
      problems.add(
        "the link between \(facts[slowest.first].host) and \(facts[slowest.second].host) is three times slower than others",
        remedy: "look at its cable, port and negotiated speed (ethtool), or leave out one of the hosts")
    }
    return problems
  }

  private var hostProblems: [Problem] {
    var problems: [Problem] = []
    for host in hosts {
      if !host.slowVariables.isEmpty {
        problems.add(
          "\(host.host): \(host.slowVariables.joined(separator: ", ")) limits the kernels",
          remedy: "unset it, unless it is there for a reason")
      }
      if host.localSize > 1, let free = host.sharedMemoryBytes, free < 64 << 20 {
        problems.add(
          "\(host.host): \(free >> 20) MiB free in /dev/shm, where ranks of a host exchange data",
          remedy: "give a container more (--shm-size=1g), or remove what ended jobs have left there (*_segment.*)")
      }
      // Room for values, gradients, velocity and the activations of 64 pictures of the paper's net.
      if host.memoryBytes < host.localSize * 2 << 30 {
        problems.add(
          "\(host.host): \(host.memoryBytes >> 30) GiB of memory for \(host.localSize) ranks; cnn-f takes about 2 GiB each",
          remedy: "fewer --ranks with more --threads")
      }
      if !host.instructionSet.hasPrefix("avx512"), !host.instructionSet.hasPrefix("avx2") {
        problems.add("\(host.host): the processor has no AVX2", remedy: "it works (OpenBLAS), several times slower")
      } else if let missing = host.oneDNNObstacle {
        problems.add(
          "\(host.host): oneDNN is not there (\(missing))",
          remedy: "install it (./launch.sh setup); without it OpenBLAS computes, more slowly and in float32 alone")
      }
    }
    return problems
  }
}

/// A speed as text: `1.2 GB/s`, `118 MB/s`.
func rate(_ bytesPerSecond: Double) -> String {
  bytesPerSecond >= 1e9
    ? "\(ProgressLine.format(bytesPerSecond / 1e9)) GB/s" : "\(ProgressLine.format(bytesPerSecond / 1e6)) MB/s"
}
