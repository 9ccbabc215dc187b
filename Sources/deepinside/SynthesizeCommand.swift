import ArgumentParser
import ConvNet
import Foundation
import Trainer

struct SynthesizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "synthesize",
    abstract: "Make a labelled picture set with boxes, in ILSVRC layout: no data needed to start.",
    discussion: helpText(
      """
      deepinside synthesize --output data --classes 10 --images-per-class 100

      Classes are combinations of shape, colour and texture over cluttered backgrounds, named s00000001, s00000002, …;
      train/, val/ (a fifth as many more), Annotations/ (boxes, for val also masks), synset_words.txt. The same seed makes the same pictures.
      What was broken off is completed; a folder with another set, or other pictures, is refused.
      """))

  @Option(help: ArgumentHelp("The folder to make.", valueName: "dir"))
  var output: String

  @Option(help: ArgumentHelp("How many classes.", valueName: "n"))
  var classes = 10

  @Option(help: ArgumentHelp("Training pictures of each class.", valueName: "n"))
  var imagesPerClass = 100

  @Option(help: ArgumentHelp("The side of the square pictures.", valueName: "pixels"))
  var size = 256

  @Option(help: ArgumentHelp("Every random choice follows from it.", valueName: "n"))
  var seed: UInt64 = 0

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if classes < 1 { throw ValidationError("--classes \(classes): at least one.") }
    if imagesPerClass < 1 { throw ValidationError("--images-per-class \(imagesPerClass): at least one.") }
    if !(16...4096).contains(size) { throw ValidationError("--size \(size): 16 to 4096 pixels.") }
    do throws(DataError) {
      _ = try Synthesis(classes: classes, imagesPerClass: imagesPerClass, side: size)
    } catch { throw ValidationError("\(error)") }
  }

  @Option(help: ArgumentHelp("Threads of each rank.", valueName: "n"))
  var threads = ThreadTeam.available

  func run() throws {
    try runOnRanks { communicator in
      let synthesis = try Synthesis(classes: classes, imagesPerClass: imagesPerClass, side: size, seed: seed)
      let progress = ProgressLine("synthesize", unit: "img", quiet: common.quiet || communicator.rank > 0)
      let total = synthesis.count
      let share = EpochSampler.share(of: total, rank: communicator.rank, ranks: communicator.size)
      try communicator.onFirst { try synthesis.claim(output) }
      try synthesis.write(to: output, share: share, threads: threads) {
        progress.show(done: $0 * total / share.count, total: total)
      }
      try communicator.barrier()
      progress.finish()
      if communicator.rank == 0 { try synthesis.writeWords(in: output) }
    }
  }
}
