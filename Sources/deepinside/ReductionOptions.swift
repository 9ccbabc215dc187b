import ArgumentParser
import Cluster
import Trainer

/// The options of how ranks add up their gradients.
struct ReductionOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "fast, or exact: 1, 2, 4, 8, … ranks give the same bits, at some cost in time and memory.", valueName: "how"))
  var reduction = Recipe().reduction

  @Option(help: GradientWire.help)
  var gradientWire = Execution().gradientWire

  @Option(help: FullyConnectedMode.help)
  var fullyConnected = Execution().fullyConnected

  func apply(to options: inout TrainingOptions) {
    options.reduction = reduction
    options.gradientWire = gradientWire
    options.fullyConnected = fullyConnected
  }
}

extension ReductionMode: ExpressibleByArgument {}

extension FullyConnectedMode: ExpressibleByArgument {
  static var help: ArgumentHelp {
    ArgumentHelp(
      "Fully connected layers on several ranks: replicated, sharded (each rank has some of their outputs, and activations travel instead of gradients), or auto: the faster one by the measured network.",
      valueName: "how")
  }
}

extension GradientWire: ExpressibleByArgument {
  static var help: ArgumentHelp {
    ArgumentHelp("How gradients travel between ranks: float32, or bfloat16 at half of the bytes.", valueName: "form")
  }
}
