import ArgumentParser
import Attribution
import Cluster
import Visualize

struct AssessCommand: StoppableCommand {
  static let configuration = CommandConfiguration(
    commandName: "assess",
    abstract: "Which maps to trust: pointing game, insertion, deletion and randomised nets for every method.",
    discussion: helpText(
      """
      deepinside assess --checkpoint best.h5 --images data/val --annotations data/Annotations --output assessment
      ./launch.sh --ranks 4 assess --checkpoint best.h5 --images data/val --annotations data/Annotations --output assessment \
      --methods gradient,grad-cam --randomised 20
      deepinside assess --class-models models --judge other.h5 --output transfer
      deepinside assess --localised boxes threshold centre whole --output comparison

      The tables are assessment.csv, assessment.html, randomisation.csv and tests.csv (all tests, with intervals); docs/saliency.md says what is measured. Insertion and deletion
      take two forward passes a row of pixels, for each picture and method. With --class-models an independent net says what it sees;
      with --localised the errors of several runs of localise stand beside each other.
      """))

  @Option(help: ArgumentHelp("The result folder; what is whole in it already isn't made again.", valueName: "dir"))
  var output: String

  @Option(help: ArgumentHelp("The trained network.", valueName: "file"))
  var checkpoint: String?

  @Option(parsing: .upToNextOption, help: ArgumentHelp("Pictures, or folders of them.", valueName: "path"))
  var images: [String] = []

  @Option(help: ArgumentHelp("Their boxes in PASCAL VOC form.", valueName: "dir"))
  var annotations: String?

  @Option(
    help: ArgumentHelp(
      """
      all, or names between commas: \(SaliencyMethods.names.joined(separator: ", ")). All are those but the costly ones: \
      \(SaliencyMethods.costly.joined(separator: ", ")).
      """, valueName: "names"))
  var methods = "all"

  @Option(help: ArgumentHelp("Pixels that come or go at a time (default: a row of the crop).", valueName: "n"))
  var step: Int?

  @Option(help: ArgumentHelp("Pictures whose maps are compared with those of randomised nets.", valueName: "n"))
  var randomised = 10

  @Option(
    help: ArgumentHelp(
      "Pictures, the first ones, for the tests of many passes: road, max_sensitivity, infidelity; 0 leaves them out.",
      valueName: "n"))
  var costly = 50

  @Flag(help: "Test the edges, the object's mask and the picture itself too, as if they were maps: which tests do they fool?")
  var controls = false

  @Option(help: ArgumentHelp("Of the random weights and the random baseline.", valueName: "n"))
  var seed: UInt64 = 0

  @Option(help: ArgumentHelp("Class models to judge: a result folder.", valueName: "dir"))
  var classModels: String?

  @Option(help: ArgumentHelp("The net that judges class models.", valueName: "file"))
  var judge: String?

  @Option(
    parsing: .upToNextOption, help: ArgumentHelp("Result folders of localise whose errors are compared.", valueName: "dir"))
  var localised: [String] = []

  @Option(help: ArgumentHelp("Pictures computed at once on each rank.", valueName: "n"))
  var batch = 16

  @Flag(help: "Remove the folder's results of other parameters or another checkpoint first.")
  var overwrite = false

  @OptionGroup var compute: ComputeOptions
  @OptionGroup var folder: FolderOptions
  @OptionGroup var ranks: RankOptions
  @OptionGroup var common: CommonOptions

  private var names: [String] {
    methods == "all" ? SaliencyMethods.affordable : methods.split(separator: ",").map(String.init)
  }

  func validate() throws {
    try checkBatch(batch)
    if randomised < 0 { throw ValidationError("--randomised \(randomised): zero or more.") }
    if costly < 0 { throw ValidationError("--costly \(costly): zero or more.") }
    if let step, !(1...(1 << 30)).contains(step) { throw ValidationError("--step \(step): 1 to 2^30 pixels.") }
    if let other = names.first(where: { !SaliencyMethods.names.contains($0) }) {
      throw ValidationError("--methods \(other): known are \(SaliencyMethods.names.joined(separator: ", ")).")
    }
    if names.isEmpty { throw ValidationError("--methods: name at least one.") }
    if (classModels == nil) != (judge == nil) { throw ValidationError("--class-models and --judge go together.") }
    if classModels == nil, localised.isEmpty, checkpoint == nil || images.isEmpty || annotations == nil {
      throw ValidationError(
        "give --checkpoint, --images and --annotations, or --class-models and --judge, or --localised.")
    }
  }

  func run() throws {
    if let classModels, let judge { return try transfer(classModels, judge) }
    if !localised.isEmpty { return try compare(localised) }
    guard let checkpoint, let annotations else { return }
    try runResultJob("assess", unit: "img", checkpoint: checkpoint, output: output, folder: folder, ranks: ranks, common: common)
    {
      network, communicator, progress in
      try AssessmentJob(
        JobSetting(network: network, output: output, overwrite: overwrite, batch: batch, compute: compute.settings),
        pictures: findPictures(images, annotations: annotations, network, communicator, common), methods: names, step: step,
        randomised: randomised, costly: costly, controls: controls, seed: seed
      ).run(communicator, progress: progress)
    }
  }

  private func compare(_ folders: [String]) throws {
    try runOnFirstRank {
      let comparison = try LocalisationComparison(folders: folders)
      try comparison.write(to: output)
      if !common.quiet { print(comparison.text) }
    }
  }

  private func transfer(_ folder: String, _ judge: String) throws {
    try runOnFirstRank {
      let progress = ProgressLine("assess", unit: "model", quiet: common.quiet)
      let result = try ClassModelTransfer.judge(
        folder, by: TrainedNetwork.read(judge), output: output, batch: batch, compute: compute.settings
      ) { progress.show(done: $0, total: $1) }
      progress.finish()
      progress.print(
        "\(result.judged) class models: \(result.top1) put into their class, \(result.top5) among the five first; "
          + "\(result.unknown) of classes that the judge doesn't know; look at \(output)/transfer.csv")
    }
  }
}
