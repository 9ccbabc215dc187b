import ConvNet
import Kernels

/// Adam with decoupled weight decay: m ← β₁·m + (1 − β₁)·g, s ← β₂·s + (1 − β₂)·g²,
/// w ← w − η·λ·w − η·m̂ / (√ŝ + ε), where m̂ = m / (1 − β₁ᵗ), ŝ = s / (1 − β₂ᵗ) in update t.
///
/// The decay is multiplied by the learning rate, as in PyTorch. Biases have the same rules of their own as in `SGD`.
///
/// Source: Loshchilov and Hutter, *Decoupled Weight Decay Regularization*, 2019, algorithm 2; Kingma and Ba, *Adam*, 2015.
public struct AdamW: Optimizer {
  public var beta1, beta2: Double
  /// Keeps the step finite where the gradients have been 0.
  public var epsilon: Double
  public var weightDecay: Double
  /// The learning rate of biases, relative to that of weights.
  public var biasRateFactor: Double
  /// The decay of biases, relative to that of weights.
  public var biasDecayFactor: Double
  public var pixelDeviation: Float

  public init(
    beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8, weightDecay: Double = 0.01, biasRateFactor: Double = 2,
    biasDecayFactor: Double = 0, pixelDeviation: Float = 1
  ) {
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.biasRateFactor = biasRateFactor
    self.biasDecayFactor = biasDecayFactor
    self.pixelDeviation = pixelDeviation
  }

  public var keeps: Set<TrainingState> { [.velocity, .secondMoments] }

  public func update(_ store: ParameterStore, rate: Float, number: Int, team: ThreadTeam) {
    guard let seconds = store.state[.secondMoments] else { preconditionFailure("the store keeps no second moments") }
    let copy = store.bfloat16Copy
    let root = (1 - power(beta2, number)).squareRoot()
    for parameter in store.parameters {
      let isBias = parameter.spec.role == .biases
      let ownRate = Double(rate) * (isBias ? biasRateFactor : 1)
      let decay = weightDecay * (isBias ? biasDecayFactor : 1)
      // With pixels divided by σ, g would be g / σ and the step that of σ·w.
      let deviation = parameter == store.pixelWeights ? Double(pixelDeviation) : 1
      let rule = kernels_adamw_rule(
        beta1: Float(beta1), rest1: Float(1 - beta1), beta2: Float(beta2), rest2: Float(1 - beta2),
        step: Float(ownRate / (1 - power(beta1, number)) / deviation), root: Float(1 / root), epsilon: Float(epsilon * deviation),
        keep: Float(1 - ownRate * decay))
      let start = parameter.range.lowerBound
      team.split(parameter.range.count, grain: 1024) { _, range in
        let at = start + range.lowerBound
        let (w, g) = (store.values.pointer + at, store.gradients.pointer + at)
        let (m, s) = (store.velocity.pointer + at, seconds.pointer + at)
        if let copy {
          kernels_adamw_bf16(w, copy.halves + at, m, s, g, range.count, rule)
        } else {
          kernels_adamw(w, m, s, g, range.count, rule)
        }
      }
    }
    store.valuesAndCopyChanged()
  }

  /// base to a whole power, by squaring: the same bits with every C library.
  private func power(_ base: Double, _ exponent: Int) -> Double {
    var (result, factor, rest) = (1.0, base, exponent)
    while rest > 0 {
      if rest & 1 == 1 { result *= factor }
      factor *= factor
      rest >>= 1
    }
    return result
  }
}
