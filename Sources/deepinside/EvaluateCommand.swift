import ArgumentParser
import Foundation
import Trainer

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Top-1 and top-5 error of a checkpoint, each picture counted once.",
    discussion: """
      deepinside evaluate --checkpoint run/checkpoints/best.h5 --data data
      ./launch.sh --ranks 2 evaluate --checkpoint run/checkpoints/best.h5 --data data --split train
      """)

  enum Split: String, CaseIterable, ExpressibleByArgument { case train, val }

  @Option(help: ArgumentHelp("The trained network.", valueName: "file"))
  var checkpoint: String

  @Option(help: ArgumentHelp("The picture folder.", valueName: "dir"))
  var data: String

  @Option(help: ArgumentHelp("Which pictures: \(Split.allNames).", valueName: "split"))
  var split = Split.val

  @Option(help: ArgumentHelp("Pictures computed at once on each rank.", valueName: "n"))
  var batch = 64

  @Flag(help: "Print one JSON object instead of a sentence.")
  var json = false

  @OptionGroup var compute: ComputeOptions
  @OptionGroup var ranks: RankOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if batch < 1 { throw ValidationError("--batch \(batch): at least one picture.") }
  }

  func run() throws {
    try runOnRanks(ranks) { communicator in
      let progress = ProgressLine("evaluate", unit: "img", quiet: common.quiet || json)
      let result = try Trainer.evaluate(
        checkpoint: checkpoint, data: data, trainingPictures: split == .train, batch: batch, compute: compute.settings,
        communicator: communicator
      ) { progress.show(done: $0, total: $1) }
      progress.finish()
      guard communicator.rank == 0 else { return }
      if json {
        let fields: [String: Any] = [
          "pictures": result.pictures, "top1Error": result.top1Error, "top5Error": result.top5Error, "loss": result.loss,
        ]
        print(String(decoding: try JSONSerialization.data(withJSONObject: fields, options: [.sortedKeys]), as: UTF8.self))
      } else {
        print(
          String(
            format: "%d pictures: top-1 error %.2f %%, top-5 error %.2f %%, loss %.4f", result.pictures, 100 * result.top1Error,
            100 * result.top5Error, result.loss))
      }
    }
  }
}
