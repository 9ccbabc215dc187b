import Attribution
import ConvNet
import Results

extension Objective {
  /// Reads `conv5:12`, `conv5:12@centre`, `conv4:7@6.6`, `score:n01443537`, `posterior:n01443537`, and weighted sums of those,
  /// such as `score:n01443537+0.5*conv5:12`.
  ///
  /// - Throws: `ResultsError` that names the part which the net doesn't have.
  public init(_ text: String, for net: TrainedNetwork) throws(ResultsError) {
    var terms: [Term] = []
    for part in text.split(separator: "+") { terms.append(try Self.term(part, for: net)) }
    guard !terms.isEmpty else { throw ResultsError(.wrongUse, "an objective is empty: give for example conv5:12") }
    self.init(terms)
  }

  private static func term(_ text: Substring, for net: TrainedNetwork) throws(ResultsError) -> Term {
    let factors = text.split(separator: "*")
    guard let body = factors.last, factors.count <= 2, let weight = factors.count == 2 ? Float(factors[0]) : 1, weight.isFinite
    else {
      throw ResultsError(.wrongUse, "the objective '\(text)': expected WEIGHT*LAYER:CHANNEL, for example 0.5*conv5:12")
    }
    let parts = body.split(separator: ":", maxSplits: 1)
    guard parts.count == 2 else {
      throw ResultsError(.wrongUse, "the objective '\(body)': expected LAYER:CHANNEL or score:WNID, for example conv5:12")
    }
    switch parts[0] {
    case "score": return Term(.score(classIndex: try net.index(of: String(parts[1]))), weight: weight)
    case "posterior": return Term(.posterior(classIndex: try net.index(of: String(parts[1]))), weight: weight)
    default: return Term(try activation(layer: String(parts[0]), parts[1], for: net), weight: weight)
    }
  }

  private static func activation(layer: String, _ text: Substring, for net: TrainedNetwork) throws(ResultsError) -> Quantity {
    let parts = text.split(separator: "@", maxSplits: 1)
    let shape: Shape
    do {
      shape = net.network.shapes[try net.network.index(of: layer) + 1]
    } catch {
      throw ResultsError(.wrongUse, "the objective '\(layer):\(text)': \(error)")
    }
    guard let first = parts.first, let channel = Int(first), (0..<shape.channels).contains(channel) else {
      throw ResultsError(.wrongUse, "the objective '\(layer):\(text)': \(layer) has the channels 0 … \(shape.channels - 1)")
    }
    guard parts.count == 2 else { return .activation(layer: layer, channel: channel, .everywhere) }
    if parts[1] == "centre" { return .activation(layer: layer, channel: channel, .centre) }
    let place = parts[1].split(separator: ".").compactMap { Int($0) }
    guard place.count == 2, (0..<shape.height).contains(place[0]), (0..<shape.width).contains(place[1]) else {
      throw ResultsError(
        .wrongUse, "the objective '\(layer):\(text)': expected @centre or @Y.X within \(shape.height)×\(shape.width)")
    }
    return .activation(layer: layer, channel: channel, .at(y: place[0], x: place[1]))
  }
}
