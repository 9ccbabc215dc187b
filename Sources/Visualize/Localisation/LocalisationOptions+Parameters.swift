import Files
import Segmentation

extension LocalisationOptions {
  /// As they are kept with the results.
  var parameters: [String: ParameterValue] {
    [
      "box": .text(box.rawValue), "cut_side": .number(Double(cutSide)), "smoothing": .number(smoothing),
      "foreground_quantile": .number(foregroundQuantile), "background_quantile": .number(backgroundQuantile),
      "seeds": .text(seeds.rawValue), "components": .number(Double(components)), "colour_weight": .number(colourWeight),
      "saliency_weight": .number(saliencyWeight), "rounds": .number(Double(rounds)), "smoothness": .number(smoothness),
      "threshold": .number(threshold), "trim": .number(trim), "centre_side": .number(centreSide),
      "centre_pull": .number(centrePull),
    ]
  }
}
