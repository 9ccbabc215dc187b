import ConvNet
import Kernels

/// Stochastic gradient descent with momentum and weight decay, in the velocity form v ← μ·v − η·(g + λ·w), w ← w + v, so that a
/// change of the learning rate η acts at once.
///
/// Biases have rules of their own **[ours, after cuda-convnet and Caffe]**: twice the learning rate, and no decay.
///
/// With `larsCoefficient` κ this is LARS: the learning rate η of a layer is multiplied by the trust ratio κ·‖w‖ / (‖g‖ + λ·‖w‖)
/// of its weights, so that no layer moves further than the length of its weights allows, however large the batch. Biases take the
/// ratio of their layer **[ours]**: their own length is 0 at first, and would stay 0. If ‖w‖ or ‖g‖ is 0, the ratio is κ.
/// Source: You, Gitman and Ginsburg, *Large Batch Training of Convolutional Networks*, 2017, algorithm 1.
public struct SGD: Optimizer {
  public var momentum: Float
  public var weightDecay: Float
  /// The learning rate of biases, relative to that of weights.
  public var biasRateFactor: Float
  /// The decay of biases, relative to that of weights.
  public var biasDecayFactor: Float
  /// κ of LARS; nil for plain SGD.
  public var larsCoefficient: Float?
  /// The deviation σ that pixels are divided by in effect; 1 if pixels are used as they are. For σ ≠ 1 the first layer's weights
  /// w are updated as if the pixels were divided by σ and the weights were σ·w: v ← μ·v − (η/σ²)·(g + λσ²·w). The function that
  /// the net computes and its decay are the same.
  public var pixelDeviation: Float

  public init(
    momentum: Float = 0.9, weightDecay: Float = 5e-4, biasRateFactor: Float = 2, biasDecayFactor: Float = 0,
    larsCoefficient: Float? = nil, pixelDeviation: Float = 1
  ) {
    self.momentum = momentum
    self.weightDecay = weightDecay
    self.biasRateFactor = biasRateFactor
    self.biasDecayFactor = biasDecayFactor
    self.larsCoefficient = larsCoefficient
    self.pixelDeviation = pixelDeviation
  }

  public var keeps: Set<TrainingState> { [.velocity] }

  /// - Parameter number: doesn't count.
  public func update(_ store: ParameterStore, rate: Float, number: Int = 1, team: ThreadTeam) {
    let copy = store.bfloat16Copy
    var trustRatio: Float = 1
    for parameter in store.parameters {
      let start = parameter.range.lowerBound
      let isBias = parameter.spec.role == .biases
      // Weights come before the biases of the same layer.
      if !isBias, larsCoefficient != nil { trustRatio = self.trustRatio(of: parameter, store, team) }
      let squaredDeviation = parameter == store.pixelWeights ? pixelDeviation * pixelDeviation : 1
      let decay = (isBias ? weightDecay * biasDecayFactor : weightDecay) * squaredDeviation
      let ownRate = (isBias ? rate * biasRateFactor : rate) * trustRatio / squaredDeviation
      team.split(parameter.range.count, grain: 1024) { _, range in
        let at = start + range.lowerBound
        let (w, v, g) = (store.values.pointer + at, store.velocity.pointer + at, store.gradients.pointer + at)
        if let copy {
          kernels_sgd_bf16(w, copy.halves + at, v, g, range.count, ownRate, momentum, decay)
        } else {
          kernels_sgd(w, v, g, range.count, ownRate, momentum, decay)
        }
      }
    }
    store.valuesAndCopyChanged()
  }

  /// κ·‖w‖ / (‖g‖ + λ·‖w‖) of the weights as they would be for pixels of deviation 1.
  private func trustRatio(of weights: Parameter, _ store: ParameterStore, _ team: ThreadTeam) -> Float {
    let coefficient = larsCoefficient ?? 1
    let deviation = weights == store.pixelWeights ? Double(pixelDeviation) : 1
    let length = store.values.sumOfSquares(weights.range, team: team).squareRoot() * deviation
    let gradient = store.gradients.sumOfSquares(weights.range, team: team).squareRoot() / deviation
    guard length > 0, gradient > 0 else { return coefficient }
    return Float(Double(coefficient) * length / (gradient + Double(weightDecay) * length))
  }
}
