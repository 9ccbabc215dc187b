import ArgumentParser
import Attribution
import Visualize

/// The saliency method and its options.
struct MethodOptions: ParsableArguments {
  @Option(help: ArgumentHelp("One of \(SaliencyMethods.names.joined(separator: ", ")).", valueName: "method"))
  var method = "gradient"

  @Option(help: ArgumentHelp("smoothgrad: noisy copies (default: 25).", valueName: "n"))
  var samples: Int?

  @Option(
    help: ArgumentHelp("smoothgrad: the noise's deviation, a part of the picture's range (default: 0.15).", valueName: "part"))
  var noise: Float?

  @Option(help: ArgumentHelp("smoothgrad: the method that it averages (default: gradient).", valueName: "method"))
  var base: String?

  @Option(help: ArgumentHelp("smoothgrad: of the noise (default: 0).", valueName: "n"))
  var seed: UInt64?

  @Option(help: ArgumentHelp("integrated-gradients: points of the path (default: 50).", valueName: "n"))
  var steps: Int?

  @Option(help: ArgumentHelp("grad-cam: the layer (default: the last convolution).", valueName: "name"))
  var layer: String?

  @Option(help: ArgumentHelp("occlusion: the covered square's side (default: a seventh of the picture).", valueName: "pixels"))
  var window: Int?

  @Option(help: ArgumentHelp("occlusion: from one square to the next (default: half the square).", valueName: "pixels"))
  var stride: Int?

  var options: SaliencyMethodOptions {
    var options = SaliencyMethodOptions()
    (options.samples, options.noise, options.base, options.seed) = (samples, noise, base, seed)
    (options.steps, options.layer, options.window, options.stride) = (steps, layer, window, stride)
    return options
  }

  func validate() throws {
    if !SaliencyMethods.names.contains(method) {
      throw ValidationError("--method \(method): one of \(SaliencyMethods.names.joined(separator: ", ")).")
    }
  }
}
