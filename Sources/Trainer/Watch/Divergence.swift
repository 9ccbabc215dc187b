import Cluster
import ConvNet

/// Checks for values that aren't finite, in the places where a training that has diverged shows them first.
enum Divergence {
  /// True if an update seems to leave all parameters finite. It looks at the gradients of the biases alone, which are sums over all that
  /// came down to their layer, and costs next to nothing. What it misses is caught before the next checkpoint is written.
  static func isFinite(_ store: ParameterStore, loss: Double) -> Bool {
    loss.isFinite && store.parameters.allSatisfy { $0.spec.role != .biases || store.gradients.isFinite($0.range) }
  }

  /// What isn't finite, in the order in which a step computes: values, activations from the first layer on, gradients from the
  /// last layer on. Nil when all is finite.
  ///
  /// - Parameter plans: from the first layer to the last.
  static func firstNonFinite(_ store: ParameterStore, _ plans: [Plan]) -> String? {
    if let parameter = store.firstNonFinite { return "the values of \(parameter.name)" }
    for plan in plans {
      for layer in plan.network.layers {
        guard let activation = try? plan.activation(of: layer.name) else { continue }
        if !activation.storage.isFinite(0..<activation.values.count) { return "the activations of \(layer.name)" }
      }
    }
    return store.parameters.reversed().first { !store.gradients.isFinite($0.range) }.map { "the gradients of \($0.name)" }
  }

  /// The error that ends the run, the same on all ranks.
  ///
  /// - Parameter checkpoint: the newest whole checkpoint; nil if there is none.
  /// - Note: collective
  static func error(
    step: Int, loss: Double, plans: [Plan], _ store: ParameterStore, checkpoint: String?, communicator: Communicator
  ) throws -> JobError {
    let found = try communicator.allGather(firstNonFinite(store, plans) ?? "")
    let place = found.firstIndex { !$0.isEmpty }.map { rank in
      "; the first values that are no finite numbers are \(found[rank])" + (communicator.size > 1 ? " (on rank \(rank))" : "")
    }
    return JobError(
      "update \(step) has diverged: the loss is \(loss)\(place ?? ""). The update was not made. \(remedy(checkpoint))")
  }

  /// The error for parameters that are still finite, but give scores that aren't.
  static func error(epoch: Int, validationLoss: Double, checkpoint: String?) -> JobError {
    JobError(
      "the training has diverged: after epoch \(epoch) the validation loss is \(validationLoss). Nothing more was saved. "
        + remedy(checkpoint))
  }

  private static func remedy(_ checkpoint: String?) -> String {
    guard let checkpoint else {
      return "No checkpoint has been written yet: start anew with a lower --learning-rate, with --clip-norm 1, or with "
        + "--warmup-epochs 1"
    }
    return
      "The newest checkpoint, \(checkpoint), is from before, and its values are finite: go on from it with a lower --learning-rate or "
      + "--clip-norm 1, and --allow-changed-options, or start anew with --warmup-epochs 1"
  }
}
