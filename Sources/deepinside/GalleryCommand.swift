import ArgumentParser
import Visualize

struct GalleryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gallery",
    abstract: "A self-contained HTML page of a result folder: search, sort, zoom; contact sheet.",
    discussion: """
      deepinside gallery --results class-models --tile 120

      The jobs make the page themselves when they end; this makes it anew. More than 2000 results get an index and pages of 500.
      """)

  @Option(help: ArgumentHelp("A result folder.", valueName: "dir"))
  var results: String

  @Flag(help: "Make contact-sheet.png of all results; of class models there always is one.")
  var contactSheet = false

  @Option(
    help: ArgumentHelp("Pixels from left to right of a picture on it (default: such that it is 3000 wide).", valueName: "pixels"))
  var tile: Int?

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if let tile, !(1...4096).contains(tile) { throw ValidationError("--tile \(tile): 1 to 4096 pixels.") }
  }

  func run() throws {
    try runOnRanks { communicator in
      guard communicator.rank == 0 else { return }
      let count = try gallery(results: results, GalleryOptions(contactSheet: contactSheet || tile != nil, tile: tile))
      if !common.quiet { print("\(count) results: \(results)/index.html") }
    }
  }
}
