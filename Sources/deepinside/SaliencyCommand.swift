import ArgumentParser
import ConvNet
import Visualize

struct SaliencyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "saliency",
    abstract: "Which pixels of a picture matter for its class: one backward pass to the pixels.",
    discussion: """
      deepinside saliency --checkpoint run/checkpoints/best.h5 --images goose.jpg --output maps
      ./launch.sh --ranks 4 saliency --checkpoint best.h5 --images data/val --class truth --output maps

      A picture in a folder that is named like a class is one of that class (for --class truth). Pictures that can't be read
      are listed in summary.json; all others are done, and the exit code is 1.
      """)

  @Option(parsing: .upToNextOption, help: ArgumentHelp("Pictures, or folders of them.", valueName: "path"))
  var images: [String]

  @Option(name: .customLong("class"), help: ArgumentHelp("top1, truth or a synset id.", valueName: "class"))
  var classChoice = "top1"

  @Option(help: ArgumentHelp("How the signal goes back through ReLUs: \(ReLURule.allNames).", valueName: "method"))
  var method = ReLURule.gradient

  @OptionGroup var results: ResultOptions
  @OptionGroup var compute: ComputeOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    try results.run("saliency", unit: "img", common: common) { network, communicator, progress in
      let job = SaliencyJob(
        network: network, pictures: try PictureList.find(images, classes: network.classes), output: results.output,
        classChoice: .init(classChoice), rule: method, overwrite: results.overwrite, batch: results.batch,
        compute: compute.settings)
      return try job.run(communicator, progress: progress)
    }
  }
}

extension ReLURule: ExpressibleByArgument {}
