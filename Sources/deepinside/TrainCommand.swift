import ArgumentParser
import Cluster
import Files
import ConvNet
import Foundation
import Images
import Report
import Trainer

struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a network from scratch, or go on where its newest checkpoint stands.",
    discussion: helpText(
      """
      deepinside train --data data --network cnn-f-64 --run run --epochs 20 --batch 64
      deepinside train --data data --network cnn-f-64 --run run --epochs 20 --recipe fast
      ./launch.sh --ranks 2 train --data ILSVRC --network cnn-f --run run

      The same command again continues an interrupted run, in the middle of an epoch too and on any number of ranks.
      SIGUSR1 saves a checkpoint and stops (exit code 4). Checkpoints are written beside the training, from a copy; while
      the disk is full it goes on, and tries again every minute.
      --augmentation-preview 25 draws the first pictures as the net would see them, and stops.
      """))

  @Option(
    help: ArgumentHelp(
      "The picture folder: train/<wnid>/* and val/<wnid>/*, Kaggle's, Tiny ImageNet's, or the official forms; or a pack.",
      valueName: "dir|pack"))
  var data: String

  @Option(
    name: .customLong("run"),
    help: ArgumentHelp("The run folder: checkpoints, metrics.jsonl, run.json, report.html.", valueName: "dir"))
  var runFolder: String

  @Option(help: ArgumentHelp("\(Preset.names), or a JSON file of the description (docs/training.md).", valueName: "network"))
  var network = Recipe().network

  @Option(help: ArgumentHelp("Passes over the training pictures.", valueName: "n"))
  var epochs = Execution().epochs

  @Option(help: ArgumentHelp("Pictures an update, over all ranks together\(RecipeOptions.both(\.batch)).", valueName: "n"))
  var batch: Int?

  @Option(help: ArgumentHelp("The initial learning rate\(RecipeOptions.both(\.learningRate)).", valueName: "rate"))
  var learningRate: Double?

  @Option(help: ArgumentHelp("How the rate falls\(RecipeOptions.both(\.schedule)).", valueName: "kind"))
  var schedule: ScheduleKind?

  @OptionGroup var recipe: RecipeOptions

  @Option(help: ArgumentHelp("μ of v ← μv − η(g + λw), w ← w + v.", valueName: "μ"))
  var momentum = Recipe().momentum

  @Option(help: ArgumentHelp("λ of the update; not for biases\(RecipeOptions.both(\.weightDecay)).", valueName: "λ"))
  var weightDecay: Float?

  @Option(
    help: ArgumentHelp(
      "The most pictures of a rank computed at once: less memory, the same updates. Under --reduction exact so many (an eighth of the batch).",
      valueName: "n"))
  var microBatch: Int?

  @Option(help: ArgumentHelp("Every random choice follows from it.", valueName: "n"))
  var seed = Recipe().seed

  @Option(help: ArgumentHelp("auto, none, or a checkpoint file.", valueName: "what"))
  var resume = "auto"

  @Flag(help: "Resume although options differ from those that the run began with.")
  var allowChangedOptions = false

  @Option(help: ArgumentHelp("1epoch, 500steps, 10min, 30s.", valueName: "interval"))
  var checkpointEvery = CheckpointInterval.epochs(1)

  @Option(help: ArgumentHelp("How many of the newest checkpoints stay; the best stays besides.", valueName: "n"))
  var keep = 3

  @Option(help: ArgumentHelp("The side of the crops (default: the network's input).", valueName: "pixels"))
  var crop: Int?

  @Option(help: ArgumentHelp("Pictures are resized to this shorter side (default: crop · 256/224).", valueName: "pixels"))
  var shorterSide: Int?

  @Option(
    help: ArgumentHelp("Of zeroing out a random part of a picture\(RecipeOptions.both(\.eraseProbability)).", valueName: "p"))
  var eraseProbability: Float?

  @Flag(help: "Don't mirror half of the pictures.")
  var noFlip = false

  @Option(
    help: ArgumentHelp(
      "σ of the colour shift along the principal colour axes; 0 for none\(RecipeOptions.both(\.colourDeviation)).", valueName: "σ"
    ))
  var colourJitter: Float?

  @Option(
    help: ArgumentHelp(
      "Only draw the first n pictures, augmented, into augmentation-preview.png of the run folder.", valueName: "n"))
  var augmentationPreview: Int?
  @OptionGroup var reduction: ReductionOptions

  @Option(help: ArgumentHelp("Stop after so many updates in all; go on later.", valueName: "n"))
  var maxSteps: Int?

  @Option(help: ArgumentHelp("Stop above this share of unreadable pictures.", valueName: "share"))
  var badFileLimit = Execution().badFileLimit

  @Option(
    help: ArgumentHelp(
      "Threads of each rank that load pictures ahead, at low priority (default: by the measured pace of loading and computing).",
      valueName: "n"))
  var loaderThreads: Int?

  @Option(
    name: .customLong("cache"),
    help: ArgumentHelp(
      "MiB of memory per rank for decoded training pictures, those that come first; a quarter more for validation.",
      valueName: "MiB"))
  var cacheMegabytes = 1024

  @Flag(help: "Write event files for TensorBoard to the run folder's tensorboard/.")
  var tensorboard = false

  @OptionGroup var compute: ComputeOptions
  @OptionGroup var folder: FolderOptions
  @OptionGroup var ranks: RankOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    func require(_ condition: Bool, _ message: String) throws { if !condition { throw ValidationError(message) } }
    try require((1...1_000_000).contains(epochs), "--epochs \(epochs): 1 to 1000000.")
    try require((1...1_000_000).contains(batch ?? 1), "--batch \(batch ?? 0): 1 to 1000000 pictures.")
    try require(
      (learningRate ?? 1) > 0 && (learningRate ?? 1).isFinite, "--learning-rate \(learningRate ?? 0): a positive number.")
    try require((0..<1).contains(momentum), "--momentum \(momentum): at least 0, below 1.")
    try require(weightDecay ?? 0 >= 0, "--weight-decay \(weightDecay ?? 0): not negative.")
    try require(keep > 0, "--keep \(keep): at least one checkpoint stays.")
    try require((0...1).contains(eraseProbability ?? 0), "--erase-probability \(eraseProbability ?? 0): 0 to 1.")
    try require((colourJitter ?? 0) >= 0 && (colourJitter ?? 0).isFinite, "--colour-jitter \(colourJitter ?? 0): not negative.")
    try require((1...10_000).contains(augmentationPreview ?? 1), "--augmentation-preview: 1 to 10000 pictures.")
    try require((0...1).contains(badFileLimit), "--bad-file-limit \(badFileLimit): 0 to 1.")
    try require(microBatch ?? 1 > 0, "--micro-batch \(microBatch ?? 0): at least one picture.")
    try require(maxSteps ?? 1 > 0, "--max-steps \(maxSteps ?? 0): at least one.")
    try require(loaderThreads ?? 1 > 0, "--loader-threads \(loaderThreads ?? 0): at least one.")
    try require(cacheMegabytes >= 0, "--cache \(cacheMegabytes): not negative.")
  }

  func run() throws {
    try runOnRanks(ranks) { communicator in
      try requirePlace(runFolder, of: "--run", outside: data, communicator)
      if let augmentationPreview { return try preview(augmentationPreview, communicator) }
      let job = try job()
      let progress = ProgressLine("train", unit: "img", quiet: common.quiet)
      if communicator.rank == 0, let reasons = recipe.recipe.reasons(job.options.recipe) { progress.print(reasons) }
      let mean = ProgressLine("mean picture", unit: "img", quiet: common.quiet)
      let outcome = try folder.hold(runFolder, for: "train", work: "update", communicator) {
        try Trainer.train(job, communicator: communicator) { event in
          switch event {
          case .note(let text): progress.print(text)
          case .mean(let done, let total): mean.show(done: done, total: total)
          case .step(let metrics, let total):
            progress.show(
              done: metrics.step, total: total, rate: metrics.imagesPerSecond,
              note: String(
                format: "loss %.4f  epoch %.2f  wait %.0f ms", metrics.loss, metrics.epoch, 1000 * metrics.dataWaitSeconds))
          case .epoch(let metrics):
            progress.print(Self.sentence(metrics))
          case .checkpoint(let path, let isBest):
            progress.print("saved \(path)\(isBest ? " (best so far)" : "")")
          case .warning(let text, let step):
            progress.print("warning at step \(step): \(text)")
          }
        }
      }
      progress.finish()
      if outcome.isFinished, communicator.rank == 0 { progress.print(sentence(outcome)) }
      if outcome.wasStopped {
        let saved = outcome.checkpoint.map { ", saved in \($0)" } ?? "; no update was made since its checkpoint"
        throw JobError(
          "stopped on request at step \(outcome.steps)\(saved); the same command continues",
          exitCode: Cluster.ExitCode.stoppedOnRequest)
      }
    }
  }

  private func preview(_ count: Int, _ communicator: Communicator) throws {
    guard communicator.rank == 0 else { return }
    let sheet = try Trainer.augmentationPreview(job(), count: count)
    let path = runFolder + "/augmentation-preview.png"
    try FilePath.makeFolder(runFolder)
    try sheet.writePNG(to: path)
    if !common.quiet { print("\(count) augmented pictures in \(path)") }
  }

  private func sentence(_ outcome: TrainingOutcome) -> String {
    let error = outcome.bestTop1Error.map {
      String(format: ", best top-1 error %.2f %% (%@/checkpoints/best.h5)", 100 * $0, runFolder)
    }
    let lost = outcome.lostTop1Error.map {
      String(format: " (an epoch came to %.2f %%, but its checkpoint is not in the folder)", 100 * $0)
    }
    return "the run is finished: \(outcome.steps) steps\(error ?? "")\(lost ?? "")"
  }

  private static func sentence(_ metrics: EpochMetrics) -> String {
    var text = String(format: "epoch %d  train loss %.4f", metrics.epoch, metrics.trainLoss)
    if let loss = metrics.valLoss, let top1 = metrics.valTop1Error, let top5 = metrics.valTop5Error {
      text += String(format: "  validation loss %.4f  top-1 error %.2f %%  top-5 error %.2f %%", loss, 100 * top1, 100 * top5)
    }
    return text + String(format: "  rate %g  %.0f s", metrics.learningRate, metrics.seconds)
  }

  private func job() throws -> TrainingJob {
    var job = TrainingJob(data: data, run: RunFolder(runFolder))
    job.options.recipe = recipe.recipe.recipe(network: network)
    job.options.epochs = epochs
    if let batch { job.options.batch = batch }
    if let learningRate { job.options.learningRate = learningRate }
    if let schedule { job.options.schedule = schedule }
    job.options.momentum = momentum
    if let weightDecay { job.options.weightDecay = weightDecay }
    if let eraseProbability { job.options.eraseProbability = eraseProbability }
    recipe.apply(to: &job.options)
    job.options.backend = compute.backend
    job.options.precision = compute.precision
    job.options.convolution = compute.convolution
    reduction.apply(to: &job.options)
    job.options.seed = seed
    job.options.flip = !noFlip
    if let colourJitter { job.options.colourDeviation = colourJitter }
    job.options.badFileLimit = badFileLimit
    job.crop = crop
    job.shorterSide = shorterSide
    job.resume =
      switch resume {
      case "auto": .auto
      case "none": .none
      default: .file(resume)
      }
    job.allowChangedOptions = allowChangedOptions
    job.checkpointEvery = checkpointEvery
    job.keep = keep
    job.maxSteps = maxSteps
    job.microBatch = microBatch
    job.compute = compute.settings
    job.loaderThreads = loaderThreads
    job.cacheBytes = cacheMegabytes << 20
    job.commandLine = CommandLine.arguments
    job.writesEvents = tensorboard
    return job
  }
}

extension ScheduleKind: ExpressibleByArgument {}

extension CheckpointInterval: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}
