import ArgumentParser
import Attribution
import ConvNet
import Images
import Visualize

struct SaliencyCommand: StoppableCommand {
  static let configuration = CommandConfiguration(
    commandName: "saliency",
    abstract: "Which pixels of a picture matter for its class: one backward pass to the pixels.",
    discussion: helpText(
      """
      deepinside saliency --checkpoint run/checkpoints/best.h5 --images goose.jpg --output maps
      ./launch.sh --ranks 4 saliency --checkpoint best.h5 --images data/val --class truth --output maps

      deepinside saliency --checkpoint best.h5 --images pictures --output maps --method smoothgrad --samples 50 --crops 10

      A picture in a folder that is named like a class is one of that class (for --class truth). Pictures that can't be read
      are listed in summary.json; all others are done, and the exit code is 1. How maps are drawn can be changed later without
      the net: see gallery.
      """))

  @OptionGroup(title: "Required") var pictures: PictureOptions

  @Option(name: .customLong("class"), help: ArgumentHelp("top1, truth or a synset id.", valueName: "class"))
  var classChoice = "top1"

  @Option(help: ArgumentHelp("1: the centre; 10: corners and centre, and their reflections, averaged.", valueName: "n"))
  var crops = 1

  @Option(help: ArgumentHelp("Boxes in PASCAL VOC form (for --class truth).", valueName: "dir"))
  var annotations: String?

  @OptionGroup var method: MethodOptions
  @OptionGroup(title: "How maps are drawn") var rendering: RenderingOptions
  @OptionGroup var results: ResultOptions

  func validate() throws {
    if TestCrops(rawValue: crops) == nil { throw ValidationError("--crops \(crops): 1 or 10.") }
  }

  func run() throws {
    try results.run("saliency", unit: "img") { network, communicator, progress in
      try SaliencyJob(
        results.setting(network),
        pictures: findPictures(pictures.images, annotations: annotations, network, communicator, results.common),
        classChoice: .init(classChoice), method: network.method(method.method, method.options),
        crops: TestCrops(rawValue: crops) ?? .centre, rendering: rendering.rendering
      ).run(communicator, progress: progress)
    }
  }
}
