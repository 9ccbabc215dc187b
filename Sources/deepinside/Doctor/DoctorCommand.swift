import ArgumentParser
import Cluster
import ConvNet
import Foundation
import Performance
import Trainer

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Is everything as it should be? Hosts, processors, binding, MPI, network, disk; and how training would scale.",
    discussion: helpText(
      """
      deepinside doctor --folder runs
      ./launch.sh --hosts node1:1,node2:1 doctor --folder /shared/runs

      Start it as you would start the training. Each problem comes with its remedy. It takes some ten seconds; what is
      predicted for more nodes follows from the figures measured on these.
      """))

  @Option(help: ArgumentHelp("Where runs and results will go.", valueName: "dir"))
  var folder = "."

  @Option(help: ArgumentHelp("Pictures a step of each rank.", valueName: "n"))
  var batch = 64

  @OptionGroup var compute: ComputeOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if batch < 1 { throw ValidationError("--batch \(batch): at least one picture.") }
  }

  func run() throws {
    try runOnRanks { communicator in
      let (facts, skews) = try gatherFacts(communicator)
      let hostRanks = try firstRanks(communicator)
      let pairs = hostRanks.count > 1 ? hostRanks : Array(0..<min(2, communicator.size))
      var links: [LinkSpeed] = []
      for (place, first) in pairs.enumerated() {
        // If there are many hosts, each is measured with the next only: all pairs would take too long.
        for second in pairs[(place + 1)...].prefix(pairs.count > 6 ? 1 : pairs.count) {
          links.append(try communicator.linkSpeed(first, second))
        }
      }
      let network = try Preset.cnnF.network(classes: 1000)
      let reduceRate = try measureAllReduce(communicator)
      let step = try measureStep(network, communicator)
      guard communicator.rank == 0 else { return }
      let diagnosis = Diagnosis(
        facts: facts, links: hostRanks.count > 1 ? links : [], skews: skews, folder: folder)
      if !common.quiet { describe(diagnosis, links, reduceRate) }
      report(diagnosis.problems)
      if !common.quiet {
        predict(
          network, step, links, reduceRate, hosts: hostRanks.count, perHost: communicator.size / max(hostRanks.count, 1))
      }
    }
  }

  // MARK: - Measurements

  /// Gathers the facts of all ranks and the skews of the clocks; both are empty on ranks other than 0. - Note: collective
  private func gatherFacts(_ communicator: Communicator) throws -> (facts: [RankFacts], skews: [Double]) {
    let placements = try communicator.placements(threads: compute.team.workers)
    var facts = try RankFacts(communicator, placements[communicator.rank])
    let token = try communicator.broadcast("\(getpid())")
    let check = FolderCheck(folder: folder, token: token)
    if communicator.rank == 0 { facts.diskRate = check.writeRate() }
    try communicator.barrier()
    if try communicator.broadcast(facts.diskRate == nil ? "" : "written") != "" {
      facts.seesFolder = check.isSeen
      facts.locks = facts.seesFolder && check.canLock
    }
    try communicator.barrier()
    if communicator.rank == 0 { check.remove() }
    let skews = try communicator.clockSkews()
    let gathered = try communicator.gather(Array(try JSONEncoder().encode(facts)))
    return (try gathered?.map { try JSONDecoder().decode(RankFacts.self, from: Data($0)) } ?? [], skews ?? [])
  }

  /// Returns the first rank of each host. - Note: collective
  private func firstRanks(_ communicator: Communicator) throws -> [Int] {
    let names = try communicator.allGather(communicator.hostName)
    return names.indices.filter { names.firstIndex(of: names[$0]) == $0 }
  }

  /// Measures how many bytes of gradients per second all ranks sum up; nil if there is only one rank. - Note: collective
  private func measureAllReduce(_ communicator: Communicator) throws -> Double? {
    guard communicator.size > 1 else { return nil }
    let gradients = try FlatBuffer(count: 8 << 20)
    let reducer = try GradientReducer(gradients.all, communicator: communicator)
    var best = Double.infinity
    for _ in 0..<3 {
      try communicator.barrier()
      let start = ContinuousClock.now
      reducer.start(0..<gradients.count)
      try reducer.finish()
      best = min(best, try communicator.allReduceMax((ContinuousClock.now - start) / .seconds(1)))
    }
    return Double(gradients.count * 4) / best
  }

  /// Measures the seconds per step of the slowest rank, while all ranks compute at once without communication. - Note: collective
  private func measureStep(_ network: Network, _ communicator: Communicator) throws -> Double {
    let bench = Bench(
      network: network, batch: batch, seconds: 2, settings: compute.settings, communicator: try communicator.alone())
    let result = try bench.train(timesLayers: false)
    return try communicator.allReduceMax(Double(batch) / (result.imagesPerSecond ?? 1))
  }

  // MARK: - What is printed

  private func describe(_ diagnosis: Diagnosis, _ links: [LinkSpeed], _ reduceRate: Double?) {
    print("Hosts")
    for host in diagnosis.hosts {
      print(
        "  \(host.host): \(host.placement.processors) processors (\(host.instructionSet)), \(host.localSize) ranks × \(host.placement.threads) threads, "
          + "\(host.memoryBytes >> 30) GiB, copying \(rate(host.copyRate)), \(host.mpi), deepinside \(host.program)")
      print("    interfaces: \(host.interfaces.isEmpty ? "none" : host.interfaces.joined(separator: ", "))")
      for rank in diagnosis.facts where rank.host == host.host && rank.placement.allowed.count < host.placement.processors {
        print("    rank \(rank.rank) may use processors \(rank.placement.allowed.map(String.init).joined(separator: ","))")
      }
    }
    let disk = diagnosis.facts[0].diskRate.map { "\(rate($0)) written by \(diagnosis.facts[0].host)" } ?? "can't be written to"
    print("Folder \(folder): \(disk)")
    if !links.isEmpty { print("Links") }
    for link in links {
      let (first, second) = (diagnosis.facts[link.first], diagnosis.facts[link.second])
      let ends = first.host == second.host ? "\(first.host), in memory" : "\(first.host) – \(second.host)"
      print("  \(ends): \(String(format: "%.1f", 1e6 * link.latency)) µs, \(rate(link.bandwidth))")
    }
    if let reduceRate { print("  all-reduce over \(diagnosis.facts.count) ranks: \(rate(reduceRate)) of gradients") }
  }

  private func report(_ problems: [Problem]) {
    print(problems.isEmpty ? "No problems found" : "Problems")
    for (number, problem) in problems.enumerated() {
      print("  \(number + 1). \(problem.text)\n     → \(problem.remedy)")
    }
  }

  private func predict(_ network: Network, _ step: Double, _ links: [LinkSpeed], _ reduceRate: Double?, hosts: Int, perHost: Int)
  {
    print(
      "Training cnn-f, \(compute.precision.rawValue), \(batch) pictures per rank, \(perHost) ranks per node: "
        + "\(String(format: "%.0f", 1000 * step)) ms a step without communication")
    let networks: [(name: String, bandwidth: Double, latency: Double)] =
      hosts > 1
      ? [
        (
          "the all-reduce measured", (reduceRate ?? 1e8) * 2 * Double(hosts - 1) / Double(hosts),
          links.map(\.latency).max() ?? 5e-5
        )
      ]
      : [("an assumed 1 Gbit/s", 1.17e8, 5e-5), ("an assumed 10 Gbit/s", 1.17e9, 3e-5), ("an assumed 25 Gbit/s", 2.9e9, 2e-5)]
    for one in networks {
      print("Predicted for \(one.name), \(rate(one.bandwidth))")
      var model = StepModel(
        network, pictures: batch, threads: compute.team.workers, aloneSeconds: step, bandwidth: one.bandwidth,
        latency: one.latency)
      model.computesInBFloat16 = compute.precision == .bfloat16
      for line in ScalingTable(model, nodes: [1, 2, 4, 8, 16], ranksPerNode: perHost).lines { print(line) }
    }
  }
}
