import ArgumentParser
import Images
import Visualize

/// The options of how maps are drawn. Without any, existing pictures stay as they are, and new ones are drawn in the same way.
struct RenderingOptions: ParsableArguments {
  private static let defaults = SaliencyRendering()

  @Option(
    help: ArgumentHelp(
      "Maps M are shown as min(M / p, 1)^gamma; p is the value below which this part of M lies (default: \(defaults.percentile)).",
      valueName: "part"))
  var percentile: Double?

  @Option(help: ArgumentHelp("Below 1 it brightens what is dark (default: \(defaults.gamma)).", valueName: "gamma"))
  var gamma: Float?

  @Option(
    help: ArgumentHelp("Of the drawing; inferno is matplotlib's (default: \(defaults.colours.rawValue)).", valueName: "colours"))
  var colours: ColourMap?

  @Option(
    help: ArgumentHelp(
      "Show the map in inferno over the picture, too; 0 to 1: how much it covers where it is greatest.", valueName: "part"))
  var overlay: Float?

  /// Nil if none of the options is given.
  var rendering: SaliencyRendering? {
    if percentile == nil, gamma == nil, colours == nil, overlay == nil { return nil }
    return SaliencyRendering(
      percentile: percentile ?? Self.defaults.percentile, gamma: gamma ?? Self.defaults.gamma,
      colours: colours ?? Self.defaults.colours, overlay: overlay)
  }

  func validate() throws {
    if let percentile, !(percentile > 0 && SaliencyRendering.parts.contains(percentile)) {
      throw ValidationError("--percentile \(percentile): above 0, at most 1, such as 0.99.")
    }
    if let gamma, !SaliencyRendering.gammas.contains(gamma) { throw ValidationError("--gamma \(gamma): 0.01 to 100.") }
    if let overlay, !(overlay > 0 && SaliencyRendering.parts.contains(Double(overlay))) {
      throw ValidationError("--overlay \(overlay): above 0, at most 1.")
    }
  }
}

extension ColourMap: ExpressibleByArgument {}
