import ArgumentParser
import Attribution
import Visualize

/// The saliency method and its options.
struct MethodOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      One of \(SaliencyMethods.names.joined(separator: ", ")). Costly, with thousands of passes per picture: \
      \(SaliencyMethods.costly.joined(separator: ", ")).
      """, valueName: "method"))
  var method = "gradient"

  @Option(
    help: ArgumentHelp(
      "smoothgrad, vargrad, squaregrad: noisy copies (default: 25). rise: masks, each a forward pass (default: 4000).",
      valueName: "n"))
  var samples: Int?

  @Option(
    help: ArgumentHelp(
      "smoothgrad, vargrad, squaregrad: the noise's deviation, a part of the picture's range (default: 0.15).", valueName: "part")
  )
  var noise: Float?

  @Option(
    help: ArgumentHelp(
      "smoothgrad, vargrad, squaregrad: the method whose maps they take (default: gradient).", valueName: "method"))
  var base: String?

  @Option(help: ArgumentHelp("smoothgrad, vargrad, squaregrad, rise: of the noise or the masks (default: 0).", valueName: "n"))
  var seed: UInt64?

  @Option(
    help: ArgumentHelp(
      "integrated-gradients: points of the path (default: 50). extremal-perturbation: steps (default: 800).", valueName: "n"))
  var steps: Int?

  @Option(
    help: ArgumentHelp(
      "grad-cam, grad-cam++, hires-cam, layer-cam, guided-grad-cam: the layer (default: the last convolution).", valueName: "name"
    ))
  var layer: String?

  @Option(help: ArgumentHelp("occlusion: the covered square's side (default: a seventh of the picture).", valueName: "pixels"))
  var window: Int?

  @Option(help: ArgumentHelp("occlusion: from one square to the next (default: half the square).", valueName: "pixels"))
  var stride: Int?

  @Option(help: ArgumentHelp("extremal-perturbation: the part of the picture that is kept (default: 0.1).", valueName: "part"))
  var area: Float?

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
