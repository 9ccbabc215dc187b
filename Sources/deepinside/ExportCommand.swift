import ArgumentParser
import Checkpoint
import Interchange

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Gives a checkpoint's network to other programs: safetensors for PyTorch, ONNX for ONNX Runtime.",
    discussion: helpText(
      """
      deepinside export --checkpoint run/checkpoints/best.h5 --format onnx --output net.onnx
      deepinside export --checkpoint run/checkpoints/best.h5 --format safetensors --output net.safetensors

      The ONNX graph takes images [N, 3, H, W], RGB 0–255, subtracts the mean, and gives scores [N, K] before any softmax.
      """))

  @Option(help: ArgumentHelp("The trained network.", valueName: "file"))
  var checkpoint: String

  @Option(help: ArgumentHelp("What to write.", valueName: "format"))
  var format: ExportFormat

  @Option(help: ArgumentHelp("The file to write.", valueName: "file"))
  var output: String

  @Flag(help: "The ONNX graph doesn't subtract the mean: what goes in must be without it.")
  var withoutMean = false

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if withoutMean, format != .onnx {
      throw ValidationError("--without-mean is for --format onnx: other formats compute nothing.")
    }
  }

  func run() throws {
    try runOnFirstRank {
      try requireNoCheckpoint(at: output, of: "--output")
      let trained = try Checkpoint.read(checkpoint)
      try export(trained, format: format, subtractsMean: !withoutMean, to: output)
      if !common.quiet {
        let network = trained.contents.network
        print("\(output): \(network.name), \(network.parameterCount) parameters, \(network.classCount) classes")
      }
    }
  }
}

extension ExportFormat: ExpressibleByArgument {}
