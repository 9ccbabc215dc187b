/// How a layer hands relevance down to its input x: R_x = Σ_t s_t x_t ⊙ (W_tᵀ (R / Σ_t s_t z_t)), with z_t the layer's output for the
/// input x_t of a term t and its weights W_t. So a rule is a list of modified inputs and modified weights.
///
/// Source: Anders et al. 2021, *Software for dataset-wide XAI: from local explanations to global insights with Zennit*, §3.
struct RelevanceRule: Sendable {
  struct Term: Sendable {
    /// x_t, `[C, H, W]`; nil for the layer's own input.
    var input: [Float]?
    /// Changes each weight and bias; nil leaves them.
    var weights: (@Sendable (Float) -> Float)?
    var hasBiases = true
    /// s_t, 1 or −1.
    var sign: Float = 1
  }

  /// The rule's name among those that are used with one net.
  let name: String
  let terms: [Term]
  /// Moves the denominator away from zero. If it is 0, outputs with a denominator of 0 hand nothing down.
  var stabiliser: Float = 1e-6

  /// LRP-ε: the weights as they are. Source: Bach et al. 2015, *On pixel-wise explanations*, equation 58.
  static let epsilon = RelevanceRule(name: "epsilon", terms: [Term()])

  /// LRP-γ for inputs ≥ 0: w + γ max(w, 0). Source: Montavon et al. 2019, *Layer-wise relevance propagation: an overview*, §10.2.
  static func gamma(_ gamma: Float) -> RelevanceRule {
    RelevanceRule(name: "gamma \(gamma)", terms: [Term(weights: { $0 + gamma * max($0, 0) })])
  }

  /// z^B for pixels between `low` and `high`, each `[C, H, W]`; the biases cancel. Source: Montavon et al. 2017, *Explaining nonlinear
  /// classification decisions with deep Taylor decomposition*, equation 15.
  static func box(low: [Float], high: [Float]) -> RelevanceRule {
    RelevanceRule(
      name: "box",
      terms: [
        Term(hasBiases: false), Term(input: low, weights: { max($0, 0) }, hasBiases: false, sign: -1),
        Term(input: high, weights: { min($0, 0) }, hasBiases: false, sign: -1),
      ])
  }

  /// The marginal winning probabilities of excitation backprop, for inputs ≥ 0: max(w, 0) without biases. With `sign` −1 they are those
  /// of the dual unit: max(−w, 0). Source: Zhang et al. 2016, *Top-down neural attention by excitation backprop*, equations 8 and 10.
  static func excitation(sign: Float = 1) -> RelevanceRule {
    RelevanceRule(
      name: "excitation \(sign)", terms: [Term(weights: { max(sign * $0, 0) }, hasBiases: false)], stabiliser: 0)
  }
}
