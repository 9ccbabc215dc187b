import ArgumentParser
import Checkpoint
import Cluster
import Foundation
import Trainer

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "What is in a checkpoint, a result file or a pack; verifies its checksums.",
    discussion: """
      deepinside inspect run/checkpoints/latest.h5
      deepinside inspect pack

      Exit code 3 when the file is damaged, or one of the pack's, and for other programs' files, of which nothing can be verified.
      """)

  @Argument(help: ArgumentHelp("An HDF5 file that deepinside wrote, or the folder of a pack.", valueName: "file"))
  var file: String

  @OptionGroup var common: CommonOptions

  func run() throws {
    if PackInspection.applies(to: file) {
      let progress = ProgressLine("verify", unit: "shards", quiet: common.quiet)
      let inspection = try exitCoded { try PackInspection(of: file) { progress.show(done: $0, total: $1) } }
      progress.finish()
      try report(inspection.text, isWhole: inspection.isWhole)
    } else {
      let inspection = try exitCoded { try Inspection.of(file) }
      try report(inspection.text, isWhole: inspection.isWhole)
    }
  }

  private func report(_ text: String, isWhole: Bool) throws {
    if !common.quiet { print(text) }
    if !isWhole { throw ArgumentParser.ExitCode(Cluster.ExitCode.badData) }
  }
}
