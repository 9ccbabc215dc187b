import ArgumentParser
import Attribution
import ConvNet
import Visualize

struct ClassModelsCommand: StoppableCommand {
  static let configuration = CommandConfiguration(
    commandName: "class-models",
    abstract: "What does the net think a goose is? A picture for each class that maximises its score.",
    discussion: helpText(
      """
      deepinside class-models --checkpoint run/checkpoints/best.h5 --output class-models
      ./launch.sh --ranks 4 class-models --checkpoint best.h5 --output out --classes n01855672,n02086240 --mode paper
      deepinside class-models --checkpoint best.h5 --output units --objective conv5:12,conv5:13,fc7:100+0.5*conv4:3

      Classes are shared out over the ranks one at a time; a second run makes only what is missing.
      """))

  @Option(help: ArgumentHelp("all, or synset ids between commas.", valueName: "wnids"))
  var classes = "all"

  @Option(help: ArgumentHelp("paper: as published; regularised: pictures that people recognise more in.", valueName: "mode"))
  var mode = ClassModelOptions.Mode.regularised

  @Option(help: ArgumentHelp("Steps of ascent (\(defaults(of: \.iterations))).", valueName: "n"))
  var iterations: Int?

  @Option(help: ArgumentHelp("Of everything random in the regularised mode.", valueName: "n"))
  var seed: UInt64 = 0

  @Option(
    help: ArgumentHelp(
      "score or posterior of the classes, or instead of classes units between commas: LAYER:CHANNEL, LAYER:CHANNEL@centre, "
        + "LAYER:CHANNEL@Y.X, score:WNID, and sums of those with weights: score:n01443537+0.5*conv5:12.",
      valueName: "what"))
  var objective = "score"

  @Option(help: ArgumentHelp("Pictures a class, which a diversity term keeps apart.", valueName: "n"))
  var samples = 1

  @OptionGroup var results: ResultOptions
  @OptionGroup(title: "Parts of the ascent") var parts: ClassModelParts

  func validate() throws {
    if let iterations, iterations < 1 { throw ValidationError("--iterations \(iterations): at least one.") }
    if samples < 1 { throw ValidationError("--samples \(samples): at least one.") }
  }

  func run() throws {
    try results.run("class-models", unit: "class") { network, communicator, progress in
      var options = ClassModelOptions.defaults(mode, for: network.network, iterations: iterations, seed: seed)
      options.samples = samples
      try parts.change(&options)
      return try ClassModelJob(results.setting(network), classes: classes, objective: objective, options: options)
        .run(communicator, progress: progress)
    }
  }
}

/// A text such as "default: 250, paper: 200", with the numbers for the paper's net.
private func defaults<Value>(of path: KeyPath<ClassModelOptions, Value>) -> String {
  let (ours, paper) = (
    "\(ClassModelOptions.regularised(side: 224)[keyPath: path])", "\(ClassModelOptions.paper()[keyPath: path])"
  )
  return ours == paper ? "default: \(ours)" : "default: \(ours), paper: \(paper)"
}

/// The numbers of a mode that options can change.
struct ClassModelParts: ParsableArguments {
  @Option(help: ArgumentHelp("What moves (\(defaults(of: \.parameterisation))).", valueName: "what"))
  var parameterisation: ClassModelOptions.ParameterisationKind?

  @Option(help: ArgumentHelp("Of fourier: waves are weighed by 1/f^p (\(defaults(of: \.spectralPower))).", valueName: "p"))
  var spectralPower: Float?

  @Option(help: ArgumentHelp("Of fourier: phases, each with finer waves (\(defaults(of: \.octaves))).", valueName: "n"))
  var octaves: Int?

  @Option(help: ArgumentHelp("The ratio of two phases' finest waves (\(defaults(of: \.octaveScale))).", valueName: "x"))
  var octaveScale: Float?

  @Option(help: ArgumentHelp("How gradients become directions (\(defaults(of: \.optimiser))).", valueName: "how"))
  var optimiser: Optimiser?

  @Option(help: ArgumentHelp("A step's RMS in grey levels (\(defaults(of: \.step))).", valueName: "x"))
  var step: Float?

  @Option(
    help: ArgumentHelp("The last step's, which is --step's where that is given (\(defaults(of: \.finalStep))).", valueName: "x"))
  var finalStep: Float?

  @Option(help: ArgumentHelp("The paper's λ, relative to the gradient (\(defaults(of: \.regularisation))).", valueName: "λ"))
  var l2: Float?

  @Option(help: ArgumentHelp("The weight of the edges' heights (\(defaults(of: \.totalVariation))).", valueName: "λ"))
  var totalVariation: Float?

  @Option(help: ArgumentHelp("The part of the picture that each step takes away (\(defaults(of: \.decay))).", valueName: "part"))
  var decay: Float?

  @Option(help: ArgumentHelp("The first blur's deviation; 0 for none (\(defaults(of: \.blur))).", valueName: "pixels"))
  var blur: Float?

  @Option(help: ArgumentHelp("The last blur's (\(defaults(of: \.finalBlur))).", valueName: "pixels"))
  var finalBlur: Float?

  @Option(
    name: .customLong("blur-every"),
    help: ArgumentHelp("Steps from one blur to the next (\(defaults(of: \.blurInterval))).", valueName: "n"))
  var blurInterval: Int?

  @Option(
    help: ArgumentHelp(
      "The largest random shift (\(defaults(of: \.jitter)), in proportion for other inputs than 224 pixels).", valueName: "pixels"
    ))
  var jitter: Int?

  @Option(help: ArgumentHelp("The largest random turn (\(defaults(of: \.rotation))).", valueName: "degrees"))
  var rotation: Float?

  @Option(help: ArgumentHelp("The largest random zoom, in or out; 1 for none (\(defaults(of: \.zoom))).", valueName: "factor"))
  var zoom: Float?

  @Option(help: ArgumentHelp("How strongly samples are kept apart (\(defaults(of: \.diversity))).", valueName: "x"))
  var diversity: Float?

  func validate() throws {
    var options = ClassModelOptions.paper()
    try change(&options)
  }

  /// Sets the numbers that were given.
  /// - Throws: `ValidationError` for one that can't be meant.
  func change(_ options: inout ClassModelOptions) throws {
    func set<Value: Comparable>(
      _ path: WritableKeyPath<ClassModelOptions, Value>, _ value: Value?, _ possible: some RangeExpression<Value>,
      _ message: String
    ) throws {
      guard let value else { return }
      guard possible.contains(value) else { throw ValidationError(message) }
      options[keyPath: path] = value
    }
    options.parameterisation = parameterisation ?? options.parameterisation
    options.optimiser = optimiser ?? options.optimiser
    try set(\.octaves, octaves, 1..., "--octaves: at least one.")
    try set(\.octaveScale, octaveScale, 1...100, "--octave-scale: 1 to 100.")
    try set(\.spectralPower, spectralPower, -10...10, "--spectral-power: -10 to 10.")
    try set(\.step, step, 0...255, "--step: 0 to 255.")
    try set(\.finalStep, finalStep ?? step, 0...255, "--final-step: 0 to 255.")
    try set(\.regularisation, l2, 0...1e6, "--l2: 0 to 1000000.")
    try set(\.totalVariation, totalVariation, 0...1e6, "--total-variation: 0 to 1000000.")
    try set(\.diversity, diversity, 0...1e6, "--diversity: 0 to 1000000.")
    try set(\.blurInterval, blurInterval, 1..., "--blur-every: at least one step.")
    try set(\.jitter, jitter, 0...4096, "--jitter: 0 to 4096.")
    try set(\.rotation, rotation, 0...360, "--rotation: 0 to 360.")
    try set(\.zoom, zoom, 1...100, "--zoom: 1 to 100.")
    try set(\.blur, blur, 0...100, "--blur: 0 to 100.")
    try set(\.finalBlur, finalBlur, 0...100, "--final-blur: 0 to 100.")
    try set(\.decay, decay, 0..<1, "--decay: at least 0, below 1.")
  }
}

extension ClassModelOptions.ParameterisationKind: ExpressibleByArgument {}
extension Optimiser: ExpressibleByArgument {}
extension ClassModelOptions.Mode: ExpressibleByArgument {}
