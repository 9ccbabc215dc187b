import ArgumentParser
import ConvNet
import Trainer

/// The less common options of how `train` updates parameters.
struct RecipeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "paper, or fast: AdamW, weights fitted to the first pictures, clipped gradients, to learn from the first hundreds of updates on. Options that are given count.",
      valueName: "name"))
  var recipe = RecipeKind.paper

  /// The defaults of an option in both recipes, for its help.
  static func both<Value>(_ option: KeyPath<Recipe, Value>) -> String {
    let (paper, fast) = (RecipeKind.paper.recipe(network: Recipe().network), RecipeKind.fast.recipe(network: "cnn-f-64"))
    return " (default: \(paper[keyPath: option]); --recipe fast: \(fast[keyPath: option]))"
  }

  @Flag(help: "Take --learning-rate as that of a batch of 256, and scale it with the batch (Goyal et al. 2017).")
  var scaleLearningRate = Recipe().scaleLearningRate

  @Option(
    help: ArgumentHelp(
      "Epochs through which the rate rises linearly: from 0, or from the unscaled rate with --scale-learning-rate\(both(\.warmupEpochs)).",
      valueName: "n"))
  var warmupEpochs: Double?

  @Option(
    help: ArgumentHelp(
      "The rule of the update: sgd; lars (You et al. 2017), for batches of thousands; adamw (Loshchilov and Hutter 2019)\(both(\.optimizer)).",
      valueName: "kind"))
  var optimizer: OptimizerKind?

  @Option(help: ArgumentHelp("κ: a layer's rate is multiplied by κ·‖w‖ / (‖g‖ + λ·‖w‖).", valueName: "κ"))
  var larsCoefficient = Recipe().larsCoefficient

  @Option(help: ArgumentHelp("β₁ of AdamW, of the average of gradients.", valueName: "β"))
  var adamBeta1 = Recipe().adamBeta1

  @Option(help: ArgumentHelp("β₂ of AdamW, of the average of squared gradients\(both(\.adamBeta2)).", valueName: "β"))
  var adamBeta2: Double?

  @Option(help: ArgumentHelp("ε of AdamW, added to the root of that average.", valueName: "ε"))
  var adamEpsilon = Recipe().adamEpsilon

  @Option(
    help: ArgumentHelp(
      "Scale an update's gradient to this norm over all parameters if it is longer; 0 for never\(both(\.clipNorm)).",
      valueName: "norm"))
  var clipNorm: Double?

  @Option(
    help: ArgumentHelp("The share of a picture's target that all classes have alike (Szegedy et al. 2016).", valueName: "share"))
  var labelSmoothing = Recipe().labelSmoothing

  @Option(
    name: .customLong("ema"),
    help: ArgumentHelp(
      "Keep averages of the weights with this decay, such as 0.999, which evaluations and all jobs use; 0 for none.",
      valueName: "decay"))
  var averageDecay = Recipe().averageDecay

  @Option(
    name: .customLong("random-resized-crops"),
    help: ArgumentHelp(
      "Let crops show random parts of a picture, of this share of its area at least, such as 0.35, at random aspects; 1 for none.",
      valueName: "share"))
  var smallestCropArea = Recipe().smallestCropArea

  @Option(help: ArgumentHelp("Times the rate of weights\(both(\.biasRateFactor)).", valueName: "factor"))
  var biasRateFactor: Float?

  @Option(help: ArgumentHelp("Times the decay of weights.", valueName: "factor"))
  var biasDecayFactor = Recipe().biasDecayFactor

  @Option(
    help: ArgumentHelp(
      "gaussian: N(0, 0.01); he: N(0, 2 / fan-in), which takes pixels as scaled to unit deviation; lsuv: orthogonal, with outputs of unit variance in each layer on the first pictures (Mishkin and Matas 2016); centred: of mean 0 and unit variance in each unit (Krähenbühl et al. 2016)\(both(\.initialization)).",
      valueName: "kind"))
  var initialization: Initialization?

  func validate() throws {
    func require(_ condition: Bool, _ message: String) throws { if !condition { throw ValidationError(message) } }
    try require((0...1e6).contains(warmupEpochs ?? 0), "--warmup-epochs \(warmupEpochs ?? 0): 0 to 1000000.")
    try require(larsCoefficient > 0 && larsCoefficient.isFinite, "--lars-coefficient \(larsCoefficient): a positive number.")
    for (name, beta) in [("--adam-beta1", adamBeta1), ("--adam-beta2", adamBeta2 ?? 0)] {
      try require((0...(1 - 1e-9)).contains(beta), "\(name) \(beta): at least 0, below 1.")
    }
    try require(adamEpsilon >= 0 && adamEpsilon.isFinite, "--adam-epsilon \(adamEpsilon): not negative.")
    try require(
      (clipNorm ?? 0) >= 0 && (clipNorm ?? 0).isFinite, "--clip-norm \(clipNorm ?? 0): a positive number, or 0 for none.")
    try require((0..<1).contains(labelSmoothing), "--label-smoothing \(labelSmoothing): at least 0, below 1.")
    try require((0..<1).contains(averageDecay), "--ema \(averageDecay): at least 0, below 1.")
    try require((0.01...1).contains(smallestCropArea), "--random-resized-crops \(smallestCropArea): 0.01 to 1.")
    try require(
      (biasRateFactor ?? 0) >= 0 && (biasRateFactor ?? 0).isFinite, "--bias-rate-factor \(biasRateFactor ?? 0): not negative.")
    try require(biasDecayFactor >= 0 && biasDecayFactor.isFinite, "--bias-decay-factor \(biasDecayFactor): not negative.")
  }

  func apply(to options: inout TrainingOptions) {
    options.scaleLearningRate = scaleLearningRate
    if let warmupEpochs { options.warmupEpochs = warmupEpochs }
    if let optimizer { options.optimizer = optimizer }
    options.larsCoefficient = larsCoefficient
    options.adamBeta1 = adamBeta1
    if let adamBeta2 { options.adamBeta2 = adamBeta2 }
    options.adamEpsilon = adamEpsilon
    if let clipNorm { options.clipNorm = clipNorm }
    options.labelSmoothing = labelSmoothing
    options.averageDecay = averageDecay
    options.smallestCropArea = smallestCropArea
    if let biasRateFactor { options.biasRateFactor = biasRateFactor }
    options.biasDecayFactor = biasDecayFactor
    if let initialization { options.initialization = initialization }
  }
}

extension RecipeKind: ExpressibleByArgument {}
extension OptimizerKind: ExpressibleByArgument {}
extension Initialization: ExpressibleByArgument {}
