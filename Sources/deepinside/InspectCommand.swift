import ArgumentParser
import Checkpoint
import Cluster
import Foundation

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "What is in a checkpoint or a result file; verifies its checksums.",
    discussion: """
      deepinside inspect run/checkpoints/latest.h5

      Exit code 3 when the file is damaged.
      """)

  @Argument(help: ArgumentHelp("An HDF5 file that deepinside wrote.", valueName: "file"))
  var file: String

  @OptionGroup var common: CommonOptions

  func run() throws {
    let inspection = try Inspection.of(file)
    if !common.quiet { print(inspection.text) }
    if !inspection.isWhole { throw ArgumentParser.ExitCode(Cluster.ExitCode.badData) }
  }
}
