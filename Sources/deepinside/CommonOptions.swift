import ArgumentParser
import Cluster
import ConvNet
import Files
import Foundation

/// The options of every command.
struct CommonOptions: ParsableArguments {
  @Flag(help: "Print errors only.")
  var quiet = false

  @Option(
    help: ArgumentHelp(
      "How long to wait for pictures and checkpoints whose storage is away: 60, 90s, 10min; 0 fails at once.", valueName: "time"))
  var ioPatience = Patience(seconds: 60)

  func validate() throws {
    StoragePatience.settings.seconds = ioPatience.seconds
    StoragePatience.settings.log = { writeToStandardError("deepinside: \($0)\n") }
  }
}

/// A duration that may be zero: `60`, `90s`, `10min`.
struct Patience: ExpressibleByArgument, CustomStringConvertible {
  let seconds: Double

  init(seconds: Double) { self.seconds = seconds }

  init?(argument: String) {
    if let value = Double(argument), value >= 0, value.isFinite {
      self.init(seconds: value)
    } else if let span = TimeSpan(argument: argument) {
      self.init(seconds: span.seconds)
    } else {
      return nil
    }
  }

  var description: String { "\(TimeSpan(seconds: seconds))" }
  var defaultValueDescription: String { description }
}

/// The options of commands that compute.
struct ComputeOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Threads of each rank (default: OMP_NUM_THREADS, else the processors it may use).", valueName: "n"))
  var threads: Int?

  @Option(help: ArgumentHelp("What computes.", valueName: "backend"))
  var backend = BackendChoice.auto

  @Option(help: ArgumentHelp("float32, or bfloat16 with float32 parameters.", valueName: "precision"))
  var precision = Precision.float32

  @Option(help: ArgumentHelp("How 3×3 convolutions are computed.", valueName: "how"))
  var convolution = ConvolutionAlgorithm.auto

  var team: ThreadTeam { ThreadTeam(workers: threads ?? ThreadTeam.available) }

  var settings: ComputeSettings {
    ComputeSettings(backend: backend, precision: precision, convolution: convolution, team: team)
  }

  func validate() throws {
    if let threads, threads < 1 { throw ValidationError("--threads \(threads): at least one thread is needed.") }
    if let obstacle = backend.obstacle(to: precision) {
      throw ValidationError("--backend \(backend.rawValue) --precision \(precision.rawValue): \(obstacle).")
    }
    if let advice = backend.advice(on: precision), Deepinside.speaksForAll, !CommandLine.arguments.contains("--quiet") {
      try? FileHandle.standardError.write(contentsOf: Data("slow: \(advice)\n".utf8))
    }
  }
}

extension BackendChoice: ExpressibleByArgument {}
extension Precision: ExpressibleByArgument {}
extension ConvolutionAlgorithm: ExpressibleByArgument {}
