import ArgumentParser
import Cluster
import Report
import Trainer

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Makes a run's report.html anew: curves, errors, the filters of the first layer, options.",
    discussion: helpText(
      """
      deepinside report --run run

      train writes the page itself after every epoch; this makes it from the files of a run folder, a stopped run's too.
      """))

  @Option(name: .customLong("run"), help: ArgumentHelp("The run folder.", valueName: "dir"))
  var runFolder: String

  @OptionGroup var common: CommonOptions

  func run() throws {
    try runOnFirstRank {
      let path = try report(run: RunFolder(runFolder))
      if !common.quiet { print(path) }
    }
  }
}
