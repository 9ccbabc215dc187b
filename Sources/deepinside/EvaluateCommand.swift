import ArgumentParser
import Cluster
import Files
import Foundation
import Images
import Trainer

extension Split: ExpressibleByArgument {}

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Top-1 and top-5 error of a checkpoint, each picture counted once.",
    discussion: helpText(
      """
      deepinside evaluate --checkpoint run/checkpoints/best.h5 --data data
      ./launch.sh --ranks 2 evaluate --checkpoint run/checkpoints/best.h5 --data data --crops 10 --output errors

      With --output: confusion.csv (a row a class, a column a prediction), classes.csv (errors of each class), and
      predictions.csv (the five likeliest classes of each picture, and the SHA-256 of what entered the net, which the results
      of saliency, localise, assess and reconstruct have too as input_sha256). The figures don't depend on the number of ranks.
      With --real real.json: the error by the ReaL labels as well, all classes that people see in each of ILSVRC-2012's
      validation pictures; a prediction is right when it is among them, and pictures without labels are left out.
      """))

  @Option(help: ArgumentHelp("The trained network.", valueName: "file"))
  var checkpoint: String

  @Option(help: ArgumentHelp("The picture folder, or a pack.", valueName: "dir|pack"))
  var data: String

  @Option(help: ArgumentHelp("Which pictures.", valueName: "split"))
  var split = Split.val

  @Option(help: ArgumentHelp("ReaL labels, for the error by them as well.", valueName: "file"))
  var real: String?

  @Option(
    help: ArgumentHelp("1, the centre, or 10: centre, corners and their mirror images, posteriors averaged.", valueName: "n"))
  var crops = TestCrops.centre

  @Option(help: ArgumentHelp("Where to write confusion.csv, classes.csv and predictions.csv.", valueName: "dir"))
  var output: String?

  @Option(help: ArgumentHelp("Crops computed at once on each rank.", valueName: "n"))
  var batch = 64

  @Option(help: ArgumentHelp("Fail above this share of unreadable pictures, over all ranks.", valueName: "share"))
  var badFileLimit = 0.01

  @Flag(help: "Print one JSON object instead of a sentence.")
  var json = false

  @OptionGroup var compute: ComputeOptions
  @OptionGroup var ranks: RankOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if !(0...1).contains(badFileLimit) { throw ValidationError("--bad-file-limit \(badFileLimit): 0 to 1.") }
    try checkBatch(batch, most: 1 << 30)
  }

  func run() throws {
    try runOnRanks(ranks) { communicator in
      if let output {
        try requirePlace(output, of: "--output", outside: data, communicator)
        try requireOwnFolder(output, for: "evaluate", communicator)
      }
      let progress = ProgressLine("evaluate", unit: "img", quiet: common.quiet || json)
      try communicator.onFirst {
        if let output { try FilePath.makeFolder(output) }
      }
      try FirstWorkMark.during("report", in: output, communicator) {
        let report = try Trainer.evaluate(
          checkpoint: checkpoint, data: data, split: split, real: real, crops: crops, batch: batch, compute: compute.settings,
          badFileLimit: badFileLimit, digests: output != nil, communicator: communicator
        ) { progress.show(done: $0, total: $1) }
        progress.finish()
        try communicator.onFirst { try tell(report, progress) }
        if let failure = report.failure { throw failure }
        // From here on there is nothing left to stop.
        StopRequest.answer(by: .job)
        StopRequest.workWasDone()
      }
    }
  }

  private func tell(_ report: EvaluationReport, _ progress: ProgressLine) throws {
    for reason in report.unreadable { progress.print("counted as the mean picture: \(reason)") }
    for note in report.notes { progress.print(note) }
    if let warning = report.warning { writeToStandardError("warning: \(warning)\n") }
    // Error rates of some of the pictures could be mistaken for those of all.
    guard report.failure == nil else { return }
    if let output { try report.write(to: output) }
    print(json ? try Self.json(report) : Self.sentence(report.total))
    if !json, let real = report.real { print(Self.sentence(real)) }
  }

  private static func json(_ report: EvaluationReport) throws -> String {
    let result = report.total
    var fields: [String: Any] = [
      "pictures": result.pictures, "top1Error": result.top1Error, "top5Error": result.top5Error, "loss": result.loss,
    ]
    if let real = report.real {
      fields["realPictures"] = real.pictures
      fields["realWithoutLabels"] = real.withoutLabels
      // Without pictures there is no error rate.
      if real.pictures > 0 { fields.merge(["realTop1Error": real.top1Error, "realTop5Error": real.top5Error]) { $1 } }
    }
    return String(decoding: try JSONSerialization.data(withJSONObject: fields, options: [.sortedKeys]), as: UTF8.self)
  }

  private static func sentence(_ result: EvaluationResult) -> String {
    String(
      format: "%d pictures: top-1 error %.2f %%, top-5 error %.2f %%, loss %.4f", result.pictures, 100 * result.top1Error,
      100 * result.top5Error, result.loss)
  }
}

extension EvaluateCommand {
  fileprivate static func sentence(_ real: RealResult) -> String {
    guard real.pictures > 0 else { return "ReaL labels: none of the \(real.withoutLabels) pictures has any" }
    return String(
      format: "ReaL labels: %d pictures: top-1 error %.2f %%, top-5 error %.2f %%; %d without labels left out", real.pictures,
      100 * real.top1Error, 100 * real.top5Error, real.withoutLabels)
  }
}

extension TestCrops: ExpressibleByArgument {
  public init?(argument: String) {
    guard let count = Int(argument), let crops = TestCrops(rawValue: count) else { return nil }
    self = crops
  }

  public static var allValueStrings: [String] { allCases.map { "\($0.rawValue)" } }
}
