/// `y = max(x, 0)`.
public struct ReLU: Layer {
  public var worksInPlace: Bool { true }

  public init() {}
}

/// How the backward pass goes through a ReLU. R is the signal from above, X the ReLU's input.
///
/// This rule is the only difference between a DeconvNet and the gradient.
/// Source: Simonyan et al. 2013 §4; Zeiler and Fergus 2013; Springenberg et al. 2014 (guided).
public enum ReLURule: String, Sendable, Hashable, Codable, CaseIterable {
  /// R · 1(X > 0).
  case gradient
  /// R · 1(R > 0).
  case deconvnet
  /// R · 1(X > 0) · 1(R > 0).
  case guided
}
