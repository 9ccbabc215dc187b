import ArgumentParser
import Cluster
import ConvNet
import Files
import Foundation
import Performance
import Trainer

struct SimulateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "How fast would training be on a cluster? A table and a plot for any number of nodes, without them.",
    discussion: helpText(
      """
      deepinside simulate --nodes 1..1024 --cores-per-node 16 --bandwidth 10Gbit --latency 20us
      deepinside simulate --nodes 1,2,4 --bandwidth 100Mbit --rate 36 --plot scaling.svg

      A step is what a node computes, its update, and what of the communication the backward pass can't hide: for fully connected
      layers that are replicated or sharded, and gradients in float32 or bfloat16. --rate is what `benchmark --work train
      --threads 1` says; without it this machine is measured. `doctor` measures bandwidth and latency, and predicts from them.
      """))

  @Option(help: ArgumentHelp("1..1024 (powers of two), or a list: 1,2,3.", valueName: "n"))
  var nodes = NodeCounts("1..64")!

  @Option(help: ArgumentHelp("Of each node.", valueName: "n"))
  var coresPerNode = 16

  @Option(help: ArgumentHelp("Ranks of each node, which share its cores.", valueName: "n"))
  var ranksPerNode = 1

  @Option(help: ArgumentHelp("Of each node's link, in one direction: 100Mbit, 10Gbit, 1.17GB.", valueName: "rate"))
  var bandwidth = Bandwidth("10Gbit")!

  @Option(help: ArgumentHelp("Of a small message: 50us, 1.5ms.", valueName: "time"))
  var latency = Latency("50us")!

  @Option(help: ArgumentHelp("The network.", valueName: "network"))
  var network = Preset.cnnF

  @Option(help: ArgumentHelp("Pictures a step of each rank.", valueName: "n"))
  var batch = 64

  @Option(help: ArgumentHelp("float32, or bfloat16 with float32 parameters.", valueName: "precision"))
  var precision = Precision.float32

  @Option(help: ArgumentHelp("Pictures a second that one core trains on (default: measured here).", valueName: "img/s"))
  var rate: Double?

  @Option(help: ArgumentHelp("An SVG file with the curves.", valueName: "file"))
  var plot: String?

  @Flag(help: "Print the table as JSON.")
  var json = false

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if coresPerNode < 1 { throw ValidationError("--cores-per-node \(coresPerNode): at least one.") }
    if !(1...coresPerNode).contains(ranksPerNode) {
      throw ValidationError("--ranks-per-node \(ranksPerNode): 1 to the \(coresPerNode) cores of a node.")
    }
    try checkBatch(batch, most: 1 << 30)
    if let rate, !(rate > 0 && rate.isFinite) { throw ValidationError("--rate \(rate): a positive number.") }
  }

  func run() throws {
    try runOnRanks { communicator in
      guard communicator.rank == 0 else { return }
      if let plot { try requireNoCheckpoint(at: plot, of: "--plot") }
      let network = try network.network(classes: 1000)
      let rate = try rate ?? measuredRate(network, communicator)
      let seconds = Double(batch * ranksPerNode) / (rate * Double(coresPerNode))
      var model = StepModel(
        network, pictures: batch, threads: coresPerNode / ranksPerNode, aloneSeconds: seconds,
        bandwidth: bandwidth.bytesPerSecond, latency: latency.seconds)
      model.computesInBFloat16 = precision == .bfloat16
      let table = ScalingTable(model, nodes: nodes.counts, ranksPerNode: ranksPerNode)
      if json {
        print(try table.json())
      } else {
        if !common.quiet { print(assumptions(rate)) }
        for line in table.lines { print(line) }
      }
      if let plot {
        let title =
          "\(self.network.rawValue), \(coresPerNode) cores per node, \(bandwidth.defaultValueDescription)/s, batch \(batch) per rank"
        try AtomicFile.write(ScalingChart(table, title: title).svg(), to: plot)
        if !common.quiet, !json { print("the curves are in \(plot)") }
      }
    }
  }

  /// Measures the img/s of one thread.
  private func measuredRate(_ network: Network, _ communicator: Communicator) throws -> Double {
    if !common.quiet {
      try? FileHandle.standardError.write(contentsOf: Data("measuring one core of this machine (--rate skips it)\n".utf8))
    }
    let bench = Bench(
      network: network, batch: batch, seconds: 4, settings: ComputeSettings(precision: precision, team: ThreadTeam(workers: 1)),
      communicator: try communicator.alone())
    return try bench.train(timesLayers: false).imagesPerSecond ?? 1
  }

  private func assumptions(_ rate: Double) -> String {
    "\(network.rawValue), \(precision.rawValue), \(batch) pictures per rank, \(ranksPerNode) rank\(ranksPerNode == 1 ? "" : "s") on \(coresPerNode) cores per node at "
      + "\(ProgressLine.format(rate)) img/s a core, all cores alike; links of "
      + "\(bandwidth.defaultValueDescription)/s, \(latency.defaultValueDescription). Memory and disk are taken to keep up."
  }
}

/// The numbers of nodes: `1..1024` for the powers of two in between and both ends, or a list.
struct NodeCounts: ExpressibleByArgument {
  let counts: [Int]
  let defaultValueDescription: String

  init?(_ text: String) {
    defaultValueDescription = text
    let ends = text.split(separator: ".", omittingEmptySubsequences: true).compactMap { Int($0) }
    if text.contains("..") {
      guard ends.count == 2, ends[0] >= 1, ends[1] >= ends[0], ends[1] <= 1_000_000 else { return nil }
      let powers = (0..<20).map { 1 << $0 }.filter { $0 > ends[0] && $0 < ends[1] }
      counts = Array(Set([ends[0]] + powers + [ends[1]])).sorted()
    } else {
      let list = text.split(separator: ",").map { Int($0) }
      guard !list.isEmpty, list.allSatisfy({ (1...1_000_000).contains($0 ?? 0) }) else { return nil }
      counts = Set(list.compactMap { $0 }).sorted()
    }
  }

  init?(argument: String) { self.init(argument) }
}

/// A bandwidth. `1Gbit` or `100Mbit` is that of an Ethernet link in bits per second, of which TCP's payload is 1448 of the 1538
/// bytes per frame. `1.17GB` or `120MB` is payload in bytes per second, as `doctor` measures it.
struct Bandwidth: ExpressibleByArgument {
  let bytesPerSecond: Double
  let defaultValueDescription: String

  init?(_ text: String) {
    let payload = 1448.0 / 1538
    let units = ["Gbit": 1.25e8 * payload, "Mbit": 1.25e5 * payload, "GB": 1e9, "MB": 1e6]
    guard let unit = units.first(where: { text.hasSuffix($0.key) }),
      let number = Double(text.dropLast(unit.key.count)), number > 0, number.isFinite
    else { return nil }
    defaultValueDescription = text
    bytesPerSecond = number * unit.value
  }

  init?(argument: String) { self.init(argument) }
}

/// A delay: `50us`, `1.5ms`.
struct Latency: ExpressibleByArgument {
  let seconds: Double
  let defaultValueDescription: String

  init?(_ text: String) {
    guard let unit = ["us": 1e-6, "µs": 1e-6, "ms": 1e-3].first(where: { text.hasSuffix($0.key) }),
      let number = Double(text.dropLast(2)), number >= 0, number.isFinite
    else { return nil }
    defaultValueDescription = text
    seconds = number * unit.value
  }

  init?(argument: String) { self.init(argument) }
}
