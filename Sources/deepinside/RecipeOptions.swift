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

  @Option(help: ArgumentHelp("The rule of the update; lars (You et al. 2017) is for batches of thousands.", valueName: "kind"))
  var optimizer = Recipe().optimizer

  @Option(help: ArgumentHelp("κ: a layer's rate is multiplied by κ·‖w‖ / (‖g‖ + λ·‖w‖).", valueName: "κ"))
  var larsCoefficient = Recipe().larsCoefficient

  @Option(help: ArgumentHelp("Times the rate of weights.", valueName: "factor"))
  var biasRateFactor = Recipe().biasRateFactor

  @Option(help: ArgumentHelp("Times the decay of weights.", valueName: "factor"))
  var biasDecayFactor = Recipe().biasDecayFactor

  @Option(
    help: ArgumentHelp(
      "gaussian: N(0, 0.01); he: N(0, 2 / fan-in), which takes pixels as scaled to unit deviation.", valueName: "kind"))
  var initialization = Recipe().initialization

  func validate() throws {
    func require(_ condition: Bool, _ message: String) throws { if !condition { throw ValidationError(message) } }
    try require((0...1e6).contains(warmupEpochs), "--warmup-epochs \(warmupEpochs): 0 to 1000000.")
    try require(larsCoefficient > 0 && larsCoefficient.isFinite, "--lars-coefficient \(larsCoefficient): a positive number.")
    try require(biasRateFactor >= 0 && biasRateFactor.isFinite, "--bias-rate-factor \(biasRateFactor): not negative.")
    try require(biasDecayFactor >= 0 && biasDecayFactor.isFinite, "--bias-decay-factor \(biasDecayFactor): not negative.")
  }

  func apply(to options: inout TrainingOptions) {
    options.scaleLearningRate = scaleLearningRate
    options.warmupEpochs = warmupEpochs
    options.optimizer = optimizer
    options.larsCoefficient = larsCoefficient
    options.biasRateFactor = biasRateFactor
    options.biasDecayFactor = biasDecayFactor
    options.initialization = initialization
  }
}

extension OptimizerKind: ExpressibleByArgument {}
extension Initialization: ExpressibleByArgument {}
