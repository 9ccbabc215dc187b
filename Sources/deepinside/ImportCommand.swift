import ArgumentParser
import Cluster
import Foundation
import Interchange
import Trainer

struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Makes a checkpoint of published weights: Caffe's .caffemodel, MatConvNet's .mat.",
    discussion: helpText(
      """
      deepinside import --weights imagenet-vgg-f.mat --output vgg-f.h5
      deepinside import --weights VGG_CNN_F.caffemodel --mean VGG_mean.binaryproto \\
        --synset-words synset_words.txt --check ILSVRC --output cnn-f.h5

      What comes out works in every command but train --resume: it holds no velocity.
      """))

  @Option(help: ArgumentHelp("A .caffemodel or .mat file.", valueName: "file"))
  var weights: String

  @Option(help: ArgumentHelp("The checkpoint to write.", valueName: "file"))
  var output: String

  @Option(
    help: ArgumentHelp("Caffe's mean picture (default: the file's own, else ILSVRC's mean colour).", valueName: "binaryproto"))
  var mean: String?

  @Option(
    help: ArgumentHelp("Lines 'n01440764 tench, …' in the order of the outputs (default: the file's own).", valueName: "file"))
  var synsetWords: String?

  @Option(help: ArgumentHelp("The side of the square input (default: what the file says).", valueName: "pixels"))
  var crop: Int?

  @Option(help: ArgumentHelp("A picture folder on which to see whether the weights were understood.", valueName: "dir"))
  var check: String?

  @OptionGroup var compute: ComputeOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if let crop, crop < 1 { throw ValidationError("--crop \(crop): at least one pixel.") }
  }

  func run() throws {
    try runOnFirstRank {
      let progress = ProgressLine("check", unit: "img", quiet: common.quiet)
      let imported = try importWeights(weights, mean: mean, synsetWords: synsetWords, side: crop)
      for note in imported.notes { progress.print("note: \(note)") }
      try imported.write(to: output)
      let network = imported.contents.network
      progress.print(
        "\(output): \(network.name), input \(network.input), \(network.parameterCount) parameters, \(network.classCount) classes")
      guard let check else { return }
      let found = try WeightCheck(imported.contents, imported.store, data: check, compute: compute.settings) {
        progress.show(done: $0, total: $1)
      }
      progress.finish()
      progress.print(
        String(
          format: "checked on %d pictures: top-1 error %.1f %%, top-5 error %.1f %%", found.errors.pictures,
          100 * found.errors.top1Error, 100 * found.errors.top5Error))
      if let warning = found.warning { try? FileHandle.standardError.write(contentsOf: Data("warning: \(warning)\n".utf8)) }
    }
  }
}
