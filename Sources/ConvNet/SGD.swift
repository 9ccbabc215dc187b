import Kernels

/// Stochastic gradient descent with momentum and weight decay, in the velocity form
/// v ← μ·v − η·(g + λ·w), w ← w + v, so that a change of the rate η acts at once.
///
/// λ is 0 for biases, and their rate is multiplied by `biasRateFactor`: 2, after cuda-convnet and Caffe (the paper doesn't say).
public struct SGD: Sendable {
  public var momentum: Float
  public var weightDecay: Float
  public var biasRateFactor: Float

  public init(momentum: Float = 0.9, weightDecay: Float = 5e-4, biasRateFactor: Float = 2) {
    self.momentum = momentum
    self.weightDecay = weightDecay
    self.biasRateFactor = biasRateFactor
  }

  /// One update of all parameters from `store.gradients`; a function of its inputs alone, whatever the team. Where the store
  /// keeps a bfloat16 copy of the values, the same pass over memory writes it.
  public func update(_ store: ParameterStore, rate: Float, team: ThreadTeam) {
    let halves = store.bfloat16Copy?.halves
    for parameter in store.parameters {
      let start = parameter.range.lowerBound
      let decay = parameter.spec.decays ? weightDecay : 0
      let ownRate = parameter.spec.role == .biases ? rate * biasRateFactor : rate
      team.split(parameter.range.count, grain: 1024) { _, range in
        let at = start + range.lowerBound
        let (w, v, g) = (store.values.pointer + at, store.velocity.pointer + at, store.gradients.pointer + at)
        if let halves {
          kernels_sgd_bf16(w, halves + at, v, g, range.count, ownRate, momentum, decay)
        } else {
          kernels_sgd(w, v, g, range.count, ownRate, momentum, decay)
        }
      }
    }
    store.valuesAndCopyChanged()
  }
}
