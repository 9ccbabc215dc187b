import ArgumentParser
import ConvNet
import Trainer

/// The less common options of how `train` updates parameters.
struct RecipeOptions: ParsableArguments {
  @Flag(help: "Take --learning-rate as that of a batch of 256, and scale it with the batch (Goyal et al. 2017).")
  var scaleLearningRate = Recipe().scaleLearningRate

  @Option(
    help: ArgumentHelp(
      "Epochs through which the rate rises linearly: from 0, or from the unscaled rate with --scale-learning-rate.",
      valueName: "n"))
  var warmupEpochs = Recipe().warmupEpochs

  @Option(
    help: ArgumentHelp(
      "The rule of the update: sgd; lars (You et al. 2017), for batches of thousands; adamw (Loshchilov and Hutter 2019).",
      valueName: "kind"))
  var optimizer = Recipe().optimizer

  @Option(help: ArgumentHelp("κ: a layer's rate is multiplied by κ·‖w‖ / (‖g‖ + λ·‖w‖).", valueName: "κ"))
  var larsCoefficient = Recipe().larsCoefficient

  @Option(help: ArgumentHelp("β₁ of AdamW, of the average of gradients.", valueName: "β"))
  var adamBeta1 = Recipe().adamBeta1

  @Option(help: ArgumentHelp("β₂ of AdamW, of the average of squared gradients.", valueName: "β"))
  var adamBeta2 = Recipe().adamBeta2

  @Option(help: ArgumentHelp("ε of AdamW, added to the root of that average.", valueName: "ε"))
  var adamEpsilon = Recipe().adamEpsilon

  @Option(
    help: ArgumentHelp(
      "Scale an update's gradient to this norm over all parameters if it is longer; 0 for never.", valueName: "norm"))
  var clipNorm = Recipe().clipNorm

  @Option(help: ArgumentHelp("Times the rate of weights.", valueName: "factor"))
  var biasRateFactor = Recipe().biasRateFactor

  @Option(help: ArgumentHelp("Times the decay of weights.", valueName: "factor"))
  var biasDecayFactor = Recipe().biasDecayFactor

  @Option(
    help: ArgumentHelp(
      "gaussian: N(0, 0.01); he: N(0, 2 / fan-in), which takes pixels as scaled to unit deviation; lsuv: orthogonal, with outputs of unit variance in each layer on the first pictures (Mishkin and Matas 2016); centred: of mean 0 and unit variance in each unit (Krähenbühl et al. 2016).",
      valueName: "kind"))
  var initialization = Recipe().initialization

  func validate() throws {
    func require(_ condition: Bool, _ message: String) throws { if !condition { throw ValidationError(message) } }
    try require((0...1e6).contains(warmupEpochs), "--warmup-epochs \(warmupEpochs): 0 to 1000000.")
    try require(larsCoefficient > 0 && larsCoefficient.isFinite, "--lars-coefficient \(larsCoefficient): a positive number.")
    for (name, beta) in [("--adam-beta1", adamBeta1), ("--adam-beta2", adamBeta2)] {
      try require((0...(1 - 1e-9)).contains(beta), "\(name) \(beta): at least 0, below 1.")
    }
    try require(adamEpsilon >= 0 && adamEpsilon.isFinite, "--adam-epsilon \(adamEpsilon): not negative.")
    try require(clipNorm >= 0 && clipNorm.isFinite, "--clip-norm \(clipNorm): a positive number, or 0 for none.")
    try require(biasRateFactor >= 0 && biasRateFactor.isFinite, "--bias-rate-factor \(biasRateFactor): not negative.")
    try require(biasDecayFactor >= 0 && biasDecayFactor.isFinite, "--bias-decay-factor \(biasDecayFactor): not negative.")
  }

  func apply(to options: inout TrainingOptions) {
    options.scaleLearningRate = scaleLearningRate
    options.warmupEpochs = warmupEpochs
    options.optimizer = optimizer
    options.larsCoefficient = larsCoefficient
    options.adamBeta1 = adamBeta1
    options.adamBeta2 = adamBeta2
    options.adamEpsilon = adamEpsilon
    options.clipNorm = clipNorm
    options.biasRateFactor = biasRateFactor
    options.biasDecayFactor = biasDecayFactor
    options.initialization = initialization
  }
}

extension OptimizerKind: ExpressibleByArgument {}
extension Initialization: ExpressibleByArgument {}
