import ArgumentParser
import Checkpoint
import Cluster
import Foundation
import Trainer

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "What is in a checkpoint, a result file, a run, a folder of results or a pack; verifies its checksums.",
    discussion: helpText(
      """
      deepinside inspect run/checkpoints/latest.h5
      deepinside inspect run
      deepinside inspect pack

      Exit code 3 when the file is damaged, or one of the folder's, and for other programs' files, of which nothing can be verified.
      """))

  @Argument(
    help: ArgumentHelp("An HDF5 file that deepinside wrote, or the folder of a run, of results or of a pack.", valueName: "path"))
  var file: String

  @OptionGroup var common: CommonOptions

  func run() throws {
    let progress = ProgressLine("verify", unit: "files", quiet: common.quiet)
    let (text, isWhole) = try exitCoded {
      if PackInspection.applies(to: file) {
        let pack = try PackInspection(of: file) { progress.show(done: $0, total: $1) }
        return (pack.text, pack.isWhole)
      }
      if FolderInspection.applies(to: file) {
        let folder = try FolderInspection(of: file) { progress.show(done: $0, total: $1) }
        return (folder.text, folder.isWhole)
      }
      let single = try Inspection.of(file)
      return (single.text, single.isWhole)
    }
    progress.finish()
    if !common.quiet { print(text) }
    if !isWhole { throw ArgumentParser.ExitCode(Cluster.ExitCode.badData) }
  }
}
