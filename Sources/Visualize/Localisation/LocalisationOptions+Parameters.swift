import Files
import Results
import Segmentation

extension LocalisationOptions {
  /// The options as they are recorded in the results.
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

  /// Reads the options that are recorded in the results of a folder.
  ///
  /// - Throws: `ResultsError` that names an option with an impossible value.
  init(_ header: ResultHeader, folder: String) throws {
    self.init()
    func number(_ name: String, _ standard: Double) -> Double {
      guard case .number(let value)? = header.parameters[name] else { return standard }
      return value
    }
    func float(_ name: String, _ standard: Float) -> Float {
      // Through the text, so that the Float is the one that was written.
      Float("\(number(name, Double("\(standard)") ?? 0))") ?? standard
    }
    func choice<Value: RawRepresentable<String>>(_ name: String, _ standard: Value) -> Value {
      guard case .text(let text)? = header.parameters[name] else { return standard }
      return Value(rawValue: text) ?? standard
    }
    (box, seeds) = (choice("box", box), choice("seeds", seeds))
    cutSide = try header.count("cut_side", in: NumberLimits.cutSides, folder: folder)
    components = Int(exactly: number("components", Double(components))) ?? 0
    rounds = Int(exactly: number("rounds", Double(rounds))) ?? 0
    (smoothing, smoothness) = (float("smoothing", smoothing), float("smoothness", smoothness))
    foregroundQuantile = number("foreground_quantile", foregroundQuantile)
    backgroundQuantile = number("background_quantile", backgroundQuantile)
    (colourWeight, saliencyWeight) = (float("colour_weight", colourWeight), float("saliency_weight", saliencyWeight))
    (threshold, trim) = (float("threshold", threshold), number("trim", trim))
    (centreSide, centrePull) = (number("centre_side", centreSide), number("centre_pull", centrePull))
    if let obstacle { throw ResultsError(.badData, "\(folder)/\(ResultStore.parametersFile): \(obstacle)") }
  }
}
