import ConvNet
import Kernels

/// A rule by which gradients become updates.
public protocol Optimizer: Sendable {
  /// What it keeps of each parameter from update to update: a store for it must have these.
  var keeps: Set<TrainingState> { get }
  /// The deviation σ that pixels are divided by in effect; 1 if pixels are used as they are. For σ ≠ 1 the first layer's weights w
  /// are updated as if the pixels were divided by σ and the weights were σ·w. The function that the net computes is the same.
  var pixelDeviation: Float { get }

  /// Makes one update of all parameters from `store.gradients`. The result depends on the inputs alone, not on the team. If the
  /// store keeps a bfloat16 copy of the values, the same pass over memory writes it. For a part or a share, only its own
  /// parameters are updated.
  ///
  /// - Parameter number: the number of updates since what it keeps was zero, this one included.
  func update(_ store: ParameterStore, rate: Float, number: Int, team: ThreadTeam)
}

extension Optimizer {
  /// ‖g‖² of a parameter's gradients, for pixels of deviation 1. Not finite if a gradient isn't.
  package func squaredGradient(_ parameter: Parameter, of store: ParameterStore, team: ThreadTeam) -> Double {
    let deviation = parameter == store.pixelWeights ? Double(pixelDeviation) : 1
    return store.gradients.sumOfSquares(parameter.range, team: team) / (deviation * deviation)
  }
}

extension ParameterStore {
  /// Multiplies the gradients of all parameters.
  package func scaleGradients(by factor: Float, team: ThreadTeam) {
    for parameter in parameters {
      team.split(parameter.range.count, grain: 1024) { _, range in
        kernels_scale(self.gradients.pointer + parameter.range.lowerBound + range.lowerBound, range.count, factor)
      }
    }
  }
}
