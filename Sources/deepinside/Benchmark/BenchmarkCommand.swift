import ArgumentParser
import Cluster
import ConvNet
import Foundation
import Trainer

struct BenchmarkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "benchmark",
    abstract: "How fast this machine trains, infers, sees, decodes, sums and saves; on random pictures, nothing is read.",
    discussion: helpText(
      """
      deepinside benchmark --work train --network cnn-f --batch 64
      deepinside benchmark --work train --precision bfloat16 --layers
      ./launch.sh --ranks 2 benchmark --work all --json

      --batch is each rank's; under mpirun a rate is that of all ranks together, communication included. class-model counts
      picture-steps, all-reduce and checkpoint count bytes of the network's parameters.
      """))

  enum Work: String, CaseIterable, ExpressibleByArgument {
    case train, inference, saliency
    case classModel = "class-model"
    case decode
    case allReduce = "all-reduce"
    case checkpoint, all
  }

  @Option(help: ArgumentHelp("What to measure.", valueName: "work"))
  var work = Work.all

  @Option(help: ArgumentHelp("The network.", valueName: "network"))
  var network = Preset.cnnF

  @Option(help: ArgumentHelp("Pictures at once on each rank.", valueName: "n"))
  var batch = 64

  @Option(help: ArgumentHelp("How long each measurement lasts.", valueName: "s"))
  var seconds = 4.0

  @Option(help: GradientWire.help)
  var gradientWire = GradientWire.float32

  @Option(help: FullyConnectedMode.help)
  var fullyConnected = FullyConnectedMode.auto

  @Flag(help: "One JSON object per measurement.")
  var json = false

  @Flag(help: "A row per layer, with GFLOP/s and the share of the processor's measured peak.")
  var layers = false

  @OptionGroup var compute: ComputeOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    try checkBatch(batch, most: 1 << 30)
    if !(seconds > 0) { throw ValidationError("--seconds \(seconds): a positive number.") }
  }

  func run() throws {
    try runOnRanks { communicator in
      let bench = Bench(
        network: try network.network(classes: 1000), batch: batch, seconds: seconds, settings: compute.settings,
        communicator: communicator, gradientWire: gradientWire, fullyConnected: fullyConnected)
      for work in work == .all ? Work.allCases.filter({ $0 != .all }) : [work] {
        let result = try measure(work, bench)
        if communicator.rank == 0 { try report(work, result) }
      }
    }
  }

  private func measure(_ work: Work, _ bench: Bench) throws -> BenchResult {
    switch work {
    case .train, .all: try bench.train(timesLayers: layers)
    case .inference: try bench.inference(timesLayers: layers)
    case .saliency: try bench.saliency(timesLayers: layers)
    case .classModel: try bench.classModels()
    case .decode: try bench.decode()
    case .allReduce: try bench.allReduce()
    case .checkpoint: try bench.checkpoint()
    }
  }

  private func report(_ work: Work, _ result: BenchResult) throws {
    let backend = compute.backend.resolved.rawValue
    if json {
      let line = BenchLine(
        work: work.rawValue, network: network.rawValue, batch: batch, precision: compute.precision.rawValue, backend: backend,
        ranks: result.ranks, threads: compute.team.workers, imagesPerSecond: result.imagesPerSecond,
        bytesPerSecond: result.bytesPerSecond, peakMemoryBytes: peakMemoryBytes())
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys]
      print(String(decoding: try encoder.encode(line), as: UTF8.self))
    } else {
      let rate =
        result.imagesPerSecond.map { String(format: "%9.1f img/s", $0) }
        ?? result.bytesPerSecond.map { String(format: "%9.2f GB/s", $0 / 1e9) } ?? ""
      let name = work.rawValue.padding(toLength: 11, withPad: " ", startingAt: 0)
      print(
        "\(name) \(rate)   \(network.rawValue), batch \(batch), \(compute.precision.rawValue), "
          + "\(result.ranks) ranks × \(compute.team.workers) threads, \(result.note), peak \(peakMemoryBytes() >> 20) MiB")
    }
    if layers, !result.layers.isEmpty { print(try LayerTable(result, team: compute.team).text) }
  }
}

/// One measurement, as `--json` prints it.
private struct BenchLine: Encodable {
  let work, network: String
  let batch: Int
  let precision, backend: String
  let ranks, threads: Int
  let imagesPerSecond, bytesPerSecond: Double?
  let peakMemoryBytes: Int
}

/// The largest amount of memory that this process has used, in bytes. Source: getrusage(2)
private func peakMemoryBytes() -> Int {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  return usage.ru_maxrss << 10
}

extension Preset: ExpressibleByArgument {}
