import ArgumentParser
import Attribution
import ConvNet
import Visualize

struct ReconstructCommand: StoppableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reconstruct",
    abstract: "What excites the units of a layer: their activations taken back to the pixels.",
    discussion: helpText(
      """
      deepinside reconstruct --checkpoint best.h5 --images goose.jpg --layer conv5 --units 16 --output units
      deepinside reconstruct --checkpoint best.h5 --images goose.jpg --layer conv3 --channel 7 --unit 6,6 --output unit
      ./launch.sh --ranks 4 reconstruct --checkpoint best.h5 --images data/val --layer conv5 --top 9 --output figure

      For each picture the strongest unit of each of the strongest channels; with --channel the strongest units of that one;
      with --top, for every channel the pictures of the whole set that excite it most, and contact-sheet.png of all channels.
      """))

  @OptionGroup(title: "Required") var pictures: PictureOptions

  @Option(help: ArgumentHelp("The layer, convolutional or fully connected, after its ReLU.", valueName: "name"))
  var layer = "conv5"

  @Option(help: ArgumentHelp("Units a picture.", valueName: "n"))
  var units = 16

  @Option(help: ArgumentHelp("Only this channel, from 0.", valueName: "n"))
  var channel: Int?

  @Option(help: ArgumentHelp("Only the unit in this row and column, from 0.", valueName: "y,x"))
  var unit: String?

  @Option(
    help: ArgumentHelp("Look through all pictures: so many of the strongest for every channel (9 in the paper).", valueName: "n"))
  var top: Int?

  @Option(help: ArgumentHelp("How the signal goes back through ReLUs.", valueName: "method"))
  var method = ReLURule.deconvnet

  @OptionGroup var results: ResultOptions

  private var place: (y: Int, x: Int)? {
    guard let parts = unit?.split(separator: ","), parts.count == 2, let y = Int(parts[0]), let x = Int(parts[1]) else {
      return nil
    }
    return (y, x)
  }

  func validate() throws {
    if units < 1 { throw ValidationError("--units \(units): at least one.") }
    if let top, top < 1 || top > 100 { throw ValidationError("--top \(top): 1 … 100.") }
    if let unit, place == nil { throw ValidationError("--unit \(unit): expected a row and a column, such as 6,6.") }
    if top != nil, unit != nil {
      throw ValidationError("--unit doesn't go with --top, which takes the strongest of each picture.")
    }
  }

  func run() throws {
    try results.run("reconstruct", unit: top == nil ? "img" : "item") { network, communicator, progress in
      let job = ReconstructionJob(
        results.setting(network), pictures: try findPictures(pictures.images, network, communicator, results.common),
        layer: layer,
        rule: method, units: UnitChoice(count: units, channel: channel, place: place))
      guard let top else { return try job.run(communicator, progress: progress) }
      return try TopPicturesJob(job, top: top).run(communicator, progress: progress)
    }
  }
}

extension ReLURule: ExpressibleByArgument {}
