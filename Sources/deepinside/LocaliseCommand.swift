import ArgumentParser
import Attribution
import ConvNet
import DataSets
import Images
import Segmentation
import Visualize

struct LocaliseCommand: StoppableCommand {
  static let configuration = CommandConfiguration(
    commandName: "localise",
    abstract: "Where the strongest classes are in pictures: masks and boxes by saliency and GraphCut.",
    discussion: helpText(
      """
      deepinside localise --checkpoint run/checkpoints/best.h5 --images data/val --annotations data/Annotations/val --output boxes
      deepinside localise --checkpoint best.h5 --images data/val --output boxes --method grad-cam
      ./launch.sh --ranks 4 localise --checkpoint best.h5 --images val --output boxes

      Writes boxes.csv, masks/, an overlay a picture and, where boxes are known, the ILSVRC localisation error (summary.json,
      classes.csv). The crops of a picture are computed at once, whatever --batch says. Other ways to make the boxes of the same maps need no net's work:
        deepinside localise --checkpoint best.h5 --images data/val --annotations data/Annotations/val --output centre \\
          --saliency boxes --box centre
      """))

  @OptionGroup(title: "Required") var pictures: PictureOptions

  @Option(help: ArgumentHelp("A folder of PASCAL VOC files with the true boxes, or of Tiny ImageNet's tables.", valueName: "dir"))
  var annotations: String?

  @Option(help: ArgumentHelp("Results of localise whose saliency maps are taken instead of new ones.", valueName: "dir"))
  var saliency: String?

  @Option(help: ArgumentHelp("Crops whose maps are averaged: 1 or 10.", valueName: "n"))
  var crops = 10

  @Option(help: ArgumentHelp("Numbers of validation pictures that the error leaves out, one per line.", valueName: "file"))
  var blacklist: String?

  @Option(
    help: ArgumentHelp(
      "Write the devkit's submission.txt with these class numbers: ILSVRC2012_meta.mat, or a list of synsets.",
      valueName: "file"))
  var classList: String?

  @Flag(help: "Don't keep the saliency maps, most of the results' size.")
  var dropMaps = false

  @OptionGroup var method: MethodOptions
  @OptionGroup(title: "From map to box") var box: BoxOptions
  @OptionGroup var results: ResultOptions

  func validate() throws {
    if TestCrops(rawValue: crops) == nil { throw ValidationError("--crops \(crops): 1 or 10.") }
  }

  func run() throws {
    try results.run("localise", unit: "img") { network, communicator, progress in
      let job = LocalisationJob(
        results.setting(network),
        pictures: try findPictures(pictures.images, annotations: annotations, network, communicator, results.common),
        options: box.options,
        maps: try maps(for: network), crops: TestCrops(rawValue: crops) ?? .ten, keepsMaps: !dropMaps,
        blackList: try blacklist.map(readBlackList) ?? [], classNumbers: try classList.map(ClassNumbers.init))
      let summary = try job.run(communicator, progress: progress)
      if communicator.rank == 0, !results.common.quiet, let errors = summary.localisationError,
        let classErrors = summary.classificationError
      {
        for (index, (place, label)) in zip(errors, classErrors).enumerated() { print(errorLine(index + 1, place, label)) }
        print("over \(summary.picturesWithBoxes ?? 0) pictures with boxes, \(summary.blacklisted ?? 0) more on the black list")
      }
      return summary
    }
  }
}

extension LocaliseCommand {
  private func maps(for network: TrainedNetwork) throws -> LocalisationJob.Maps {
    if let saliency { return .stored(try StoredMaps(folder: saliency, net: network)) }
    return .method(try network.method(method.method, method.options))
  }
}

/// The options of how maps become boxes, as in `LocalisationOptions`.
struct BoxOptions: ParsableArguments {
  private static let defaults = LocalisationOptions()

  @Option(help: ArgumentHelp("How a box is found.", valueName: "how"))
  var box = defaults.box

  @Option(help: ArgumentHelp("Shorter side of the picture that is cut, in pixels.", valueName: "pixels"))
  var cutSide = defaults.cutSide

  @Option(help: ArgumentHelp("σ of a blur of the map before all else, in pixels of that picture.", valueName: "sigma"))
  var smoothing = defaults.smoothing

  @Option(help: ArgumentHelp("Above it, pixels teach the object's colours.", valueName: "quantile"))
  var foregroundQuantile = defaults.foregroundQuantile

  @Option(help: ArgumentHelp("Below it, pixels teach the background's colours.", valueName: "quantile"))
  var backgroundQuantile = defaults.backgroundQuantile

  @Option(help: ArgumentHelp("Whether the cut may change those pixels (soft) or not (hard).", valueName: "kind"))
  var seeds = defaults.seeds

  @Option(help: ArgumentHelp("Gaussians in each colour model.", valueName: "n"))
  var components = defaults.components

  @Option(help: ArgumentHelp("What colours count in the cut; 0 leaves them out.", valueName: "weight"))
  var colourWeight = defaults.colourWeight

  @Option(help: ArgumentHelp("What the map itself counts in the cut.", valueName: "weight"))
  var saliencyWeight = defaults.saliencyWeight

  @Option(help: ArgumentHelp("Cuts, each with colour models of the last one's result.", valueName: "n"))
  var rounds = defaults.rounds

  @Option(help: ArgumentHelp("γ: what an edge of the mask costs.", valueName: "gamma"))
  var smoothness = defaults.smoothness

  @Option(help: ArgumentHelp("Part of the map's maximum that tells object from background.", valueName: "part"))
  var threshold = defaults.threshold

  @Option(help: ArgumentHelp("Part of the mask that may stay outside of the box on each side.", valueName: "part"))
  var trim = defaults.trim

  @Option(help: ArgumentHelp("Side of the box in the middle, as part of the picture's.", valueName: "part"))
  var centreSide = defaults.centreSide

  @Option(help: ArgumentHelp("How far boxes are moved towards that in the middle, 0 to 1.", valueName: "part"))
  var centrePull = defaults.centrePull

  var options: LocalisationOptions {
    var options = LocalisationOptions()
    options.box = box
    options.cutSide = cutSide
    options.smoothing = smoothing
    options.foregroundQuantile = foregroundQuantile
    options.backgroundQuantile = backgroundQuantile
    options.seeds = seeds
    options.components = components
    options.colourWeight = colourWeight
    options.saliencyWeight = saliencyWeight
    options.rounds = rounds
    options.smoothness = smoothness
    options.threshold = threshold
    options.trim = trim
    options.centreSide = centreSide
    options.centrePull = centrePull
    return options
  }

  func validate() throws {
    if let obstacle = options.obstacle { throw ValidationError("\(obstacle).") }
  }
}

extension LocalisationOptions.Box: ExpressibleByArgument {}
extension LocalisationOptions.Seeds: ExpressibleByArgument {}
