import ArgumentParser
import Cluster
import Files
import Results
import Visualize

/// The pictures of the commands that can't do without, under the same title of the help text as their other required options.
struct PictureOptions: ParsableArguments {
  @Option(parsing: .upToNextOption, help: ArgumentHelp("Pictures, or folders of them.", valueName: "path"))
  var images: [String]
}

/// What every command that fills a result folder can't do without.
struct RequiredResultOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The trained network.", valueName: "file"))
  var checkpoint: String

  @Option(help: ArgumentHelp("The result folder; what is whole in it already isn't made again.", valueName: "dir"))
  var output: String
}

/// The options of the commands that fill a result folder.
struct ResultOptions: ParsableArguments {
  @OptionGroup(title: "Required") var required: RequiredResultOptions

  @Option(help: ArgumentHelp("Items computed at once on each rank.", valueName: "n"))
  var batch = 16

  @Flag(help: "Remove the folder's results of other parameters or another checkpoint first.")
  var overwrite = false

  @OptionGroup var folder: FolderOptions
  @OptionGroup var ranks: RankOptions
  @OptionGroup var compute: ComputeOptions
  @OptionGroup var common: CommonOptions

  var checkpoint: String { required.checkpoint }
  var output: String { required.output }

  func validate() throws {
    try checkBatch(batch)
  }

  func setting(_ network: TrainedNetwork) -> JobSetting {
    JobSetting(network: network, output: output, overwrite: overwrite, batch: batch, compute: compute.settings)
  }

  /// Runs the job, see `runResultJob`.
  func run(
    _ label: String, unit: String, _ job: (_ network: TrainedNetwork, Communicator, @escaping JobProgress) throws -> JobSummary
  ) throws {
    try runResultJob(
      label, unit: unit, checkpoint: checkpoint, output: output, folder: folder, ranks: ranks, common: common, job)
  }
}

func checkBatch(_ batch: Int, most: Int = 65536) throws {
  if !(1...most).contains(batch) { throw ValidationError("--batch \(batch): 1 to \(most).") }
}

/// Runs a job on all ranks with a progress line, prints its outcome, and exits with 0 only if all results are whole.
func runResultJob(
  _ label: String, unit: String, checkpoint: String, output: String, folder: FolderOptions, ranks: RankOptions,
  common: CommonOptions,
  _ job: (_ network: TrainedNetwork, Communicator, @escaping JobProgress) throws -> JobSummary
) throws {
  try runOnRanks(ranks) { communicator in
    let network = try TrainedNetwork.read(checkpoint)
    let progress = ProgressLine(label, unit: unit, quiet: common.quiet || communicator.rank > 0)
    let summary = try folder.hold(output, for: label, work: "result", communicator) {
      try job(network, communicator) { progress.show(done: $0, total: $1) }
    }
    progress.finish()
    if communicator.rank == 0 {
      summary.passedOver?.sentences.forEach(progress.print)
      if let outdated = summary.outdated {
        let what = outdated == 1 ? "1 earlier result was" : "\(outdated) earlier results were"
        progress.print("\(what) out of date: the picture has changed, or what is known of it")
      }
      if let damaged = summary.damaged {
        progress.print("\(damaged) earlier \(damaged == 1 ? "result was" : "results were") damaged: a file was cut or empty")
      }
      progress.print(
        "\(summary.done) made in \(ProgressLine.time(summary.seconds)), \(summary.skipped) were whole already, "
          + "\(summary.failed) failed; look at \(output)/index.html")
    }
    try summary.requireComplete()
  }
}

/// Finds the pictures of `--images`, with their boxes if `--annotations` are given. The ranks list archives together. Rank 0
/// prints which data folders the pictures come from, and which annotations can't be used.
///
/// - Note: collective
func findPictures(
  _ paths: [String], annotations: String? = nil, _ network: TrainedNetwork, _ communicator: Communicator, _ common: CommonOptions
) throws -> PictureList {
  // Archives are listed under the absolute paths that their pictures will have.
  try communicator.listArchives(keptIn: nil) { paths.compactMap { FilePath.archive(of: FileName(argument: $0).absolute) } }
  let pictures = try PictureList.find(paths, classes: network.classes)
  let isTelling = communicator.rank == 0 && !common.quiet
  if isTelling { for note in pictures.notes { writeToStandardError(note + "\n") } }
  guard let annotations else { return pictures }
  let annotated = try pictures.annotated(from: annotations, classes: network.classes, communicator)
  if isTelling { for note in annotated.notes.dropFirst(pictures.notes.count) { writeToStandardError(note + "\n") } }
  if communicator.rank == 0 { report(annotated.annotationFaults, in: annotations) }
  return annotated
}
