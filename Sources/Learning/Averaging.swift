import ConvNet
import Kernels

/// Averages of the values over the updates of a training, a ← a + (1 − d)·(w − a), which often err less than the last values.
///
/// In update t the decay d is at most (1 + t) / (10 + t), so that the averages forget the start.
///
/// Source: Polyak and Juditsky, *Acceleration of stochastic approximation by averaging*, 1992; the bound: TensorFlow's
/// `ExponentialMovingAverage`.
package struct Averaging: Sendable {
  /// The largest decay.
  let decay: Double

  package init(decay: Double) { self.decay = decay }

  /// Takes in the values after an update, of a store's own parameters.
  ///
  /// - Parameter number: the number of the update since the averages began, from 1 on.
  package func add(_ store: ParameterStore, number: Int, team: ThreadTeam) {
    guard let averages = store.state[.averages] else { preconditionFailure("the store keeps no averages") }
    let share = Float(1 - min(decay, Double(1 + number) / Double(10 + number)))
    Self.forEachRange(of: store, team) {
      kernels_average(averages.pointer + $0.lowerBound, store.values.pointer + $0.lowerBound, $0.count, share)
    }
  }

  /// Exchanges averages and values of a store's own parameters, for an evaluation and after it.
  package static func swap(_ store: ParameterStore, team: ThreadTeam) {
    guard let averages = store.state[.averages] else { return }
    forEachRange(of: store, team) { range in
      for i in range { Swift.swap(&averages.pointer[i], &store.values.pointer[i]) }
    }
    store.valuesChanged()
  }

  private static func forEachRange(of store: ParameterStore, _ team: ThreadTeam, _ body: @Sendable (Range<Int>) -> Void) {
    for parameter in store.parameters {
      let start = parameter.range.lowerBound
      team.split(parameter.range.count, grain: 1024) { body((start + $1.lowerBound)..<(start + $1.upperBound)) }
    }
  }
}
