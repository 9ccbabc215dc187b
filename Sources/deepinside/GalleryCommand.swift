import ArgumentParser
import Foundation
import Visualize

struct GalleryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gallery",
    abstract: "A self-contained HTML page of a result folder: search, sort, zoom; maps drawn anew; contact sheet.",
    discussion: helpText(
      """
      deepinside gallery --results class-models --tile 120
      deepinside gallery --results saliency --percentile 0.99 --gamma 0.5 --colours inferno --overlay 0.6

      The jobs make the page themselves when they end; this makes it anew. More than 2000 results get an index and pages of 500.
      With one of the last four options the maps of saliency and localise are drawn anew from their raw floats and the picture
      files, in place of the drawings that are there; the net isn't needed, and the others of the four then have their defaults.
      """))

  struct Required: ParsableArguments {
    @Option(help: ArgumentHelp("A result folder.", valueName: "dir"))
    var results: String
  }

  @OptionGroup(title: "Required") var required: Required

  @Flag(help: "Make contact-sheet.png of all results; of class models there always is one.")
  var contactSheet = false

  @Option(
    help: ArgumentHelp("Pixels from left to right of a picture on it (default: such that it is 3000 wide).", valueName: "pixels"))
  var tile: Int?

  @OptionGroup(title: "How maps are drawn") var rendering: RenderingOptions
  @OptionGroup var folder: FolderOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if let tile, !(1...4096).contains(tile) { throw ValidationError("--tile \(tile): 1 to 4096 pixels.") }
  }

  func run() throws {
    let results = required.results
    try runOnRanks { communicator in
      let progress = ProgressLine("gallery", unit: "img", quiet: common.quiet)
      let options = GalleryOptions(rendering: rendering.rendering, contactSheet: contactSheet || tile != nil, tile: tile)
      // If the folder doesn't exist, `gallery` itself throws the error that says so.
      guard FileManager.default.fileExists(atPath: results) else {
        if communicator.rank == 0 { _ = try gallery(results: results, options) }
        return
      }
      try folder.hold(results, for: "gallery", work: nil, communicator) {
        guard communicator.rank == 0 else { return }
        let count = try gallery(results: results, options) { progress.show(done: $0, total: $1) }
        progress.finish()
        if !common.quiet { print("\(count) results: \(results)/index.html") }
      }
    }
  }
}
