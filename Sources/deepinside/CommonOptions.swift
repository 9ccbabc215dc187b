import ArgumentParser
import ConvNet
import Foundation

/// What every command has.
struct CommonOptions: ParsableArguments {
  @Flag(help: "Print errors only.")
  var quiet = false
}

/// What commands that compute have.
struct ComputeOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Threads of each rank (default: OMP_NUM_THREADS, else the processors it may use).", valueName: "n"))
  var threads: Int?

  @Option(help: ArgumentHelp("What computes.", valueName: "backend"))
  var backend = BackendChoice.auto

  @Option(help: ArgumentHelp("float32, or bfloat16 with float32 parameters.", valueName: "precision"))
  var precision = Precision.float32

  @Option(help: ArgumentHelp("How 3×3 convolutions are computed in float32.", valueName: "how"))
  var convolution = ConvolutionAlgorithm.auto

  var team: ThreadTeam { ThreadTeam(workers: threads ?? ThreadTeam.available) }

  var settings: ComputeSettings {
    ComputeSettings(backend: backend, precision: precision, convolution: convolution, team: team)
  }

  func validate() throws {
    if let threads, threads < 1 { throw ValidationError("--threads \(threads): at least one thread is needed.") }
    if let obstacle = backend.obstacle(to: precision) { throw ValidationError("--precision \(precision.rawValue): \(obstacle).") }
    if let advice = backend.advice(on: precision), Deepinside.speaksForAll, !CommandLine.arguments.contains("--quiet") {
      FileHandle.standardError.write(Data("slow: --precision \(precision.rawValue): \(advice)\n".utf8))
    }
  }
}

extension BackendChoice: ExpressibleByArgument {}
extension Precision: ExpressibleByArgument {}
extension ConvolutionAlgorithm: ExpressibleByArgument {}
