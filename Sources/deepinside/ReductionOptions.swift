import ArgumentParser
import Trainer

/// How ranks add up their gradients.
struct ReductionOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "fast, or exact: 1, 2, 4, 8, … ranks give the same bits, at some cost in time and memory.", valueName: "how"))
  var reduction = ReductionMode.fast

  @Option(name: .customLong("gradient-wire"), help: GradientWire.help)
  var gradientWire = GradientWire.float32

  func apply(to options: inout TrainingOptions) {
    options.reduction = reduction
    options.gradientWire = gradientWire
  }
}

extension ReductionMode: ExpressibleByArgument {}

extension GradientWire: ExpressibleByArgument {
  static var help: ArgumentHelp {
    ArgumentHelp("How gradients travel between ranks: float32, or bfloat16 at half of the bytes.", valueName: "form")
  }
}
