import Cluster

/// How the gradient of a global batch is summed up.
public enum ReductionMode: String, Sendable, Codable, CaseIterable {
  /// Each rank computes its part of the batch at once, and the ranks' sums are added in whatever order is fastest. Another number
  /// of ranks gives the same training to rounding.
  case fast
  /// Micro-batches of a fixed size, added up in a fixed binary tree: 1, 2, 4, 8, … ranks give the same bits, given the same
  /// backend, kind of processor and threads per rank. It costs what small batches cost the backend, one pass over the gradients per
  /// micro-batch, and memory for log₂(micro-batches of a rank) more gradients.
  case exact
}

/// Where the fully connected layers are computed.
public enum FullyConnectedMode: String, Sendable, Codable, CaseIterable {
  /// Whichever of the two the measured network makes faster.
  case auto
  /// Every rank has all of them, and their gradients are summed over the ranks.
  case replicated
  /// Every rank has some of their outputs, and activations travel: see `Shards`.
  case sharded
}

extension TrainingOptions {
  /// How ranks sum gradients under these options.
  var gradientReduction: GradientReduction {
    recipe.reduction == .exact ? .tree : execution.gradientWire.reduction
  }

  /// The pictures of a micro-batch of `exact`: as given, else an eighth of the batch, so that up to 8 ranks can share it.
  ///
  /// - Throws: `JobError` of wrong use, unless the batch is cut into micro-batches and those shared by the ranks without a rest.
  func fixedMicroBatch(ranks: Int) throws(JobError) -> Int {
    let batch = recipe.batch
    let size = recipe.exactMicroBatch ?? max(batch / 8, 1)
    guard size <= batch, batch % size == 0 else {
      throw .wrongUse(
        "--reduction exact: --batch \(batch) is not a multiple of micro-batches of \(size); give a --micro-batch that divides it")
    }
    guard ranks.nonzeroBitCount == 1, batch / size % ranks == 0 else {
      throw .wrongUse(
        "--reduction exact: \(ranks) ranks can't share \(batch / size) micro-batches of \(size) in a binary tree; "
          + "start 1, 2, 4, 8, … ranks that divide them, or give a smaller --micro-batch")
    }
    guard execution.gradientWire == .float32 else {
      throw .wrongUse(
        "--gradient-wire \(execution.gradientWire.rawValue) rounds what --reduction exact keeps; leave one of them out")
    }
    return size
  }
}
