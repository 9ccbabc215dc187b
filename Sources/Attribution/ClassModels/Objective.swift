import ConvNet

/// The quantity that an ascent maximises for one picture: a weighted sum of class scores, posteriors and activations inside the
/// net.
///
/// Source: Simonyan et al. 2013 §2 (the score before the softmax); Olah et al. 2017, *Feature Visualization*, for units,
/// channels and sums.
public struct Objective: Sendable, Hashable {
  /// The position of a unit in its channel.
  public enum Place: Sendable, Hashable {
    /// The mean over all positions: the whole channel.
    case everywhere
    case centre
    case at(y: Int, x: Int)
  }

  public enum Quantity: Sendable, Hashable {
    /// S_c, before the softmax.
    case score(classIndex: Int)
    /// P_c. It can be raised by lowering the scores of other classes; the paper found such pictures poor.
    case posterior(classIndex: Int)
    /// An activation of a layer. If a ReLU follows the layer, the value is taken after the ReLU and the gradient before it, so
    /// that a unit that isn't active yet can be raised.
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

  /// S_c of one class: the paper's objective.
  public static func score(_ classIndex: Int) -> Objective { Objective([Term(.score(classIndex: classIndex))]) }
  public static func posterior(_ classIndex: Int) -> Objective { Objective([Term(.posterior(classIndex: classIndex))]) }

  /// The class, if the objective is the score or the posterior of one class; otherwise nil.
  package var classIndex: Int? {
    guard terms.count == 1 else { return nil }
    switch terms[0].quantity {
    case .score(let index), .posterior(let index): return index
    case .activation: return nil
    }
  }

  /// The layers inside the net that the terms use.
  var layers: Set<String> {
    Set(terms.compactMap { if case .activation(let layer, _, _) = $0.quantity { layer } else { nil } })
  }
}

extension Objective.Place {
  /// The indices of the units in a channel of that height and width, and the weight of each.
  func units(height: Int, width: Int) -> (Range<Int>, weight: Float) {
    switch self {
    case .everywhere: return (0..<(height * width), 1 / Float(height * width))
    case .centre: return (height / 2 * width + width / 2..<height / 2 * width + width / 2 + 1, 1)
    case .at(let y, let x): return (y * width + x..<y * width + x + 1, 1)
    }
  }
}
