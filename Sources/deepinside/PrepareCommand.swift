import ArgumentParser
import Cluster
import ConvNet
import Foundation
import Trainer

struct PrepareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prepare",
    abstract: "Pack a picture folder: a few large files of resized pictures, their mean, classes and boxes.",
    discussion: helpText(
      """
      deepinside prepare --data ILSVRC --output ILSVRC-256
      ./launch.sh --ranks 4 prepare --data ILSVRC --output ILSVRC-256 --shorter-side 256
      ./launch.sh --ranks 4 train --data ILSVRC-256 --run run

      The same command again goes on with an interrupted pack, on any number of ranks; the pack is the same to the byte.
      report.csv in the pack lists every file that can't be read or is odd, and what was done with it. `inspect` verifies it.
      SIGUSR1 stops (exit code 4); shards that are whole stay.
      """))

  @Option(
    help: ArgumentHelp(
      "The picture folder: train/<wnid>/* and val/<wnid>/*, Kaggle's, Tiny ImageNet's, or the official forms.", valueName: "dir"))
  var data: String

  @Option(help: ArgumentHelp("The pack's folder.", valueName: "pack"))
  var output: String

  @Option(help: ArgumentHelp("Larger pictures are reduced to this shorter side; crops up to it fit.", valueName: "pixels"))
  var shorterSide = 256

  @Option(help: ArgumentHelp("jpeg, or raw: seven times as large, with nothing lost or to be decoded.", valueName: "kind"))
  var pixels = PackedPixels.jpeg

  @Option(help: ArgumentHelp("JPEG quality of pictures that are encoded anew, 1 to 100.", valueName: "n"))
  var quality = 90

  @Option(help: ArgumentHelp("Pictures in a file (default: a 256th of train or val, at least 256).", valueName: "n"))
  var shardPictures: Int?

  @Option(help: ArgumentHelp("Don't finish above this share of unreadable pictures.", valueName: "share"))
  var badFileLimit = 0.01

  @Option(help: ArgumentHelp("Threads of each rank (default: OMP_NUM_THREADS, else the processors it may use).", valueName: "n"))
  var threads = ThreadTeam.available

  @Flag(help: "Remove a pack that is there first.")
  var overwrite = false

  @OptionGroup var folder: FolderOptions
  @OptionGroup var ranks: RankOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if !(8...8192).contains(shorterSide) { throw ValidationError("--shorter-side \(shorterSide): 8 to 8192 pixels.") }
    if !(1...100).contains(quality) { throw ValidationError("--quality \(quality): 1 to 100.") }
    if let shardPictures, !(1...1_000_000_000).contains(shardPictures) {
      throw ValidationError("--shard-pictures \(shardPictures): 1 to 1000000000.")
    }
    if !(0...1).contains(badFileLimit) { throw ValidationError("--bad-file-limit \(badFileLimit): 0 to 1.") }
    if threads < 1 { throw ValidationError("--threads \(threads): at least one thread is needed.") }
  }

  func run() throws {
    try runOnRanks(ranks) { communicator in
      try requirePlace(output, of: "--output", outside: data, communicator)
      let progress = ProgressLine("prepare", unit: "img", quiet: common.quiet || communicator.rank > 0)
      var job = PrepareJob(data: data, output: output)
      job.settings = PackSettings(shorterSide: shorterSide, pixels: pixels, quality: quality)
      job.shardPictures = shardPictures
      job.threads = threads
      job.badFileLimit = badFileLimit
      job.overwrite = overwrite
      let summary = try folder.hold(output, for: "prepare", work: "shard", communicator) {
        try job.run(communicator) {
          progress.show(done: $0, total: $1)
        } note: {
          progress.print($0)
        }
      }
      progress.finish()
      if summary.wasStopped {
        throw JobError(
          "stopped on request after \(summary.made) shards of this run; the same command goes on",
          exitCode: Cluster.ExitCode.stoppedOnRequest)
      }
      if communicator.rank == 0 { progress.print(sentence(summary)) }
    }
  }

  private func sentence(_ summary: PrepareSummary) -> String {
    let findings = summary.findings.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    let made =
      summary.picturesMade == 0
      ? "" : ", \(ProgressLine.format(Double(summary.picturesMade) / max(summary.seconds, 1e-3))) pictures/s"
    return "\(summary.pictures) pictures in \(summary.shards) shards, \(summary.bytes / 1_000_000) MB, "
      + "\(ProgressLine.time(summary.seconds))\(made); "
      + (findings.isEmpty ? "no file is odd" : "\(findings): see \(output)/report.csv")
  }
}

extension PackedPixels: ExpressibleByArgument {}
