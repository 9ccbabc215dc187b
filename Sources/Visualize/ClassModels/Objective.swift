import ConvNet

/// What an ascent raises on one picture: a weighted sum of class scores, posteriors and activations inside the net.
///
/// Source: Simonyan et al. 2013 §2 (the score before the softmax); Olah et al. 2017, *Feature Visualization*, for units,
/// channels and sums.
public struct Objective: Sendable, Hashable {
  /// Where in a layer's map a unit lies.
  public enum Place: Sendable, Hashable {
    /// The mean over the map: the channel as a whole.
    case everywhere
    case centre
    case at(y: Int, x: Int)
  }

  public enum Quantity: Sendable, Hashable {
    /// S_c before the softmax.
    case score(classIndex: Int)
    /// P_c; raising it can be had by lowering the other classes, and the paper found those pictures poor.
    case posterior(classIndex: Int)
    /// An activation of a layer; of a layer that a ReLU follows the value is the one after it, the gradient the one before
    /// it, so that a unit that isn't active yet can be reached.
    case activation(layer: String, channel: Int, Place)
  }

  public struct Term: Sendable, Hashable {
    public var quantity: Quantity
    public var weight: Float

    public init(_ quantity: Quantity, weight: Float = 1) {
      self.quantity = quantity
      self.weight = weight
    }
  }

  public var terms: [Term]

  public init(_ terms: [Term]) { self.terms = terms }

  /// S_c of one class: the paper's.
  public static func score(_ classIndex: Int) -> Objective { Objective([Term(.score(classIndex: classIndex))]) }
  public static func posterior(_ classIndex: Int) -> Objective { Objective([Term(.posterior(classIndex: classIndex))]) }

  /// The class, where the objective is the score or the posterior of one.
  var classIndex: Int? {
    guard terms.count == 1 else { return nil }
    switch terms[0].quantity {
    case .score(let index), .posterior(let index): return index
    case .activation: return nil
    }
  }

  /// The layers inside the net that terms name.
  var layers: Set<String> {
    Set(terms.compactMap { if case .activation(let layer, _, _) = $0.quantity { layer } else { nil } })
  }
}

extension Objective {
  /// Reads `conv5:12`, `conv5:12@centre`, `conv4:7@6.6`, `score:n01443537`, `posterior:n01443537`, and weighted sums of those:
  /// `score:n01443537+0.5*conv5:12`.
  ///
  /// - Throws: `VisualizeError` that names what isn't in the net.
  public init(_ text: String, for net: TrainedNetwork) throws(VisualizeError) {
    var terms: [Term] = []
    for part in text.split(separator: "+") { terms.append(try Self.term(part, for: net)) }
    guard !terms.isEmpty else { throw VisualizeError(.wrongUse, "an objective is empty: give for example conv5:12") }
    self.init(terms)
  }

  private static func term(_ text: Substring, for net: TrainedNetwork) throws(VisualizeError) -> Term {
    let factors = text.split(separator: "*")
    guard let body = factors.last, factors.count <= 2, let weight = factors.count == 2 ? Float(factors[0]) : 1, weight.isFinite
    else {
      throw VisualizeError(.wrongUse, "the objective '\(text)': expected WEIGHT*LAYER:CHANNEL, for example 0.5*conv5:12")
    }
    let parts = body.split(separator: ":", maxSplits: 1)
    guard parts.count == 2 else {
      throw VisualizeError(.wrongUse, "the objective '\(body)': expected LAYER:CHANNEL or score:WNID, for example conv5:12")
    }
    switch parts[0] {
    case "score": return Term(.score(classIndex: try net.index(of: String(parts[1]))), weight: weight)
    case "posterior": return Term(.posterior(classIndex: try net.index(of: String(parts[1]))), weight: weight)
    default: return Term(try activation(layer: String(parts[0]), parts[1], for: net), weight: weight)
    }
  }

  private static func activation(layer: String, _ text: Substring, for net: TrainedNetwork) throws(VisualizeError) -> Quantity {
    let parts = text.split(separator: "@", maxSplits: 1)
    let shape: Shape
    do {
      shape = net.network.shapes[try net.network.index(of: layer) + 1]
    } catch {
      throw VisualizeError(.wrongUse, "the objective '\(layer):\(text)': \(error)")
    }
    guard let first = parts.first, let channel = Int(first), (0..<shape.channels).contains(channel) else {
      throw VisualizeError(.wrongUse, "the objective '\(layer):\(text)': \(layer) has the channels 0 … \(shape.channels - 1)")
    }
    guard parts.count == 2 else { return .activation(layer: layer, channel: channel, .everywhere) }
    if parts[1] == "centre" { return .activation(layer: layer, channel: channel, .centre) }
    let place = parts[1].split(separator: ".").compactMap { Int($0) }
    guard place.count == 2, (0..<shape.height).contains(place[0]), (0..<shape.width).contains(place[1]) else {
      throw VisualizeError(
        .wrongUse, "the objective '\(layer):\(text)': expected @centre or @Y.X within \(shape.height)×\(shape.width)")
    }
    return .activation(layer: layer, channel: channel, .at(y: place[0], x: place[1]))
  }
}

extension Objective.Place {
  /// The indices into a map of that height and width, and the weight of each.
  func units(height: Int, width: Int) -> (Range<Int>, weight: Float) {
    switch self {
    case .everywhere: return (0..<(height * width), 1 / Float(height * width))
    case .centre: return (height / 2 * width + width / 2..<height / 2 * width + width / 2 + 1, 1)
    case .at(let y, let x): return (y * width + x..<y * width + x + 1, 1)
    }
  }
}
