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

  @Option(help: ArgumentHelp("What computes: \(BackendChoice.allNames).", valueName: "backend"))
  var backend = BackendChoice.auto

  var team: ThreadTeam { ThreadTeam(workers: threads ?? ThreadTeam.available) }

  func validate() throws {
    if let threads, threads < 1 { throw ValidationError("--threads \(threads): at least one thread is needed.") }
  }
}

extension CaseIterable where Self: RawRepresentable, RawValue == String {
  /// `auto, openblas`, for help texts.
  static var allNames: String { allCases.map(\.rawValue).joined(separator: ", ") }
}

extension BackendChoice: ExpressibleByArgument {}
