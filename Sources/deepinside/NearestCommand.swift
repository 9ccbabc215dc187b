import ArgumentParser
import ConvNet
import Visualize

struct NearestCommand: StoppableCommand {
  static let configuration = CommandConfiguration(
    commandName: "nearest",
    abstract: "Does a class model repeat a training picture? The pictures of its class that the net sees most alike.",
    discussion: helpText(
      """
      deepinside nearest --checkpoint best.h5 --class-models class-models --images data/train --output nearest
      ./launch.sh --ranks 4 nearest --checkpoint best.h5 --class-models class-models --images data/train --layer conv5 --output out

      Beside each class model stand the pictures of its class whose activations of a layer are nearest to its own (/distances, and
      neighbours in manifest.jsonl). Pictures in a folder that is named like a class are of that class.
      """))

  struct Required: ParsableArguments {
    @Option(help: ArgumentHelp("Class models of that network: a result folder.", valueName: "dir"))
    var classModels: String

    @Option(parsing: .upToNextOption, help: ArgumentHelp("Training pictures, or folders of them.", valueName: "path"))
    var images: [String]
  }

  @OptionGroup(title: "Required") var required: Required

  @Option(help: ArgumentHelp("The layer whose activations are compared.", valueName: "name"))
  var layer = "fc7"

  @Option(help: ArgumentHelp("Pictures beside each class model.", valueName: "n"))
  var neighbours = 4

  @OptionGroup var results: ResultOptions

  func validate() throws {
    if !(1...100).contains(neighbours) { throw ValidationError("--neighbours \(neighbours): 1 to 100.") }
  }

  func run() throws {
    try results.run("nearest", unit: "class") { network, communicator, progress in
      try NearestJob(
        results.setting(network), classModels: required.classModels,
        pictures: findPictures(required.images, network, communicator, results.common), layer: layer, neighbours: neighbours
      ).run(communicator, progress: progress)
    }
  }
}
