import ArgumentParser
import Visualize

struct ClassModelsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "class-models",
    abstract: "What does the net think a goose is? A picture for each class that maximises its score.",
    discussion: """
      deepinside class-models --checkpoint run/checkpoints/best.h5 --output class-models
      ./launch.sh --ranks 4 class-models --checkpoint best.h5 --output out --classes n01855672,n02086240 --mode paper

      Classes are shared out over the ranks one at a time; a second run makes only what is missing.
      """)

  @Option(help: ArgumentHelp("all, or synset ids between commas.", valueName: "wnids"))
  var classes = "all"

  @Option(help: ArgumentHelp("paper: as published; regularised: pictures that people recognise more in.", valueName: "mode"))
  var mode = ClassModelOptions.Mode.regularised

  @Option(help: ArgumentHelp("Steps of ascent (default: 400, paper 200).", valueName: "n"))
  var iterations: Int?

  @Option(help: ArgumentHelp("Of the random shifts of the regularised mode.", valueName: "n"))
  var seed: UInt64 = 0

  @OptionGroup var results: ResultOptions
  @OptionGroup var compute: ComputeOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if let iterations, iterations < 1 { throw ValidationError("--iterations \(iterations): at least one.") }
  }

  func run() throws {
    try results.run("class-models", unit: "class", common: common) { network, communicator, progress in
      let options = ClassModelOptions.defaults(mode, for: network.network, iterations: iterations, seed: seed)
      let job = ClassModelJob(
        network: network, output: results.output, classes: classes, options: options, overwrite: results.overwrite,
        batch: results.batch, compute: compute.settings)
      return try job.run(communicator, progress: progress)
    }
  }
}

extension ClassModelOptions.Mode: ExpressibleByArgument {}
