import ArgumentParser
import Visualize

struct GalleryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gallery",
    abstract: "A self-contained HTML page of a result folder: search, sort, zoom.",
    discussion: """
      deepinside gallery --results class-models

      class-models and saliency make the page themselves when they end; this makes it anew.
      """)

  @Option(help: ArgumentHelp("A result folder.", valueName: "dir"))
  var results: String

  @OptionGroup var common: CommonOptions

  func run() throws {
    try runOnRanks { communicator in
      guard communicator.rank == 0 else { return }
      let count = try gallery(results: results)
      if !common.quiet { print("\(count) results: \(results)/index.html") }
    }
  }
}
