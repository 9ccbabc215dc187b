import Cluster
import ConvNet

/// The gradient of one global batch, which every rank has a part of: forward and backward passes over this rank's pictures, in
/// as many parts as memory asks for, and the sum over ranks while the last backward pass goes on.
///
/// The loss is divided by the global batch and gradients are summed, over parts and over ranks: so neither changes the update
/// beyond rounding. Under `--reduction exact` the parts are micro-batches of a fixed size, and parts and ranks are summed in one
/// binary tree: then the number of ranks doesn't change a bit. A rank without pictures (the batch is smaller than the number of ranks) adds zeros.
final class GlobalGradient {
  /// Passes a step; the same on all ranks.
  let parts: Int
  let plan: Plan
  private let store: ParameterStore
  private let reducer: GradientReducer
  private let sum: GradientSum?
  private let tree: GradientTree?
  private let gradient: Tensor
  private let batch: Int
  private let seed: UInt64

  /// - Note: collective
  init(_ store: ParameterStore, job: TrainingJob, communicator: Communicator) throws {
    self.store = store
    batch = job.options.batch
    seed = job.options.seed
    let share = (batch + communicator.size - 1) / communicator.size
    let isExact = job.options.reduction == .exact
    let limit = isExact ? try job.options.fixedMicroBatch(ranks: communicator.size) : max(1, min(job.microBatch ?? share, share))
    parts = (share + limit - 1) / limit
    plan = Plan(store, batch: (share + parts - 1) / parts, purpose: .training, compute: job.compute)
    reducer = try GradientReducer(store.gradients.all, communicator: communicator, reduction: job.options.gradientReduction)
    sum = parts > 1 && !isExact ? GradientSum(store, team: job.compute.team) : nil
    tree = isExact ? GradientTree(store, passes: parts, team: job.compute.team) : nil
    gradient = Tensor(count: plan.batch, shape: Shape(channels: store.network.classCount))
  }

  /// Seconds waited for other ranks until now.
  var waitSeconds: Double { reducer.waitSeconds }

  /// Leaves the gradient of the global batch in `ParameterStore.gradients`.
  ///
  /// - Parameters:
  ///   - loader: gives `parts` batches a step.
  ///   - step: the number of the update, from 1 on.
  /// - Returns: this rank's share of the mean loss, and its number of pictures.
  /// - Note: collective
  func compute(_ loader: BatchLoader, step: Int) throws -> (loss: Double, pictures: Int) {
    var result = (loss: 0.0, pictures: 0)
    for part in 0..<parts {
      Activity.enter(.loading, step: step)
      guard let pictures = try loader.next() else { throw TrainingError("the loader of training pictures has ended") }
      defer { loader.recycle(pictures) }
      Activity.enter(.computing, step: step)
      func ready(_ range: Range<Int>) {
        sum?.add(range, isFirst: part == 0, isLast: part == parts - 1)
        tree?.add(range, pass: part)
        if part == parts - 1 { reducer.start(range) }
      }
      guard pictures.count > 0 else {
        store.gradients.fill(with: 0)
        for range in store.layerRanges { ready(range) }
        continue
      }
      let scores = plan.forward(pictures.tensor, dropout: DropoutStream(seed: seed, samples: pictures.samples))
      let own = gradient.prefix(pictures.count)
      result.loss += pictures.labels.withUnsafeBufferPointer {
        softmaxCrossEntropy(scores, labels: $0, divisor: batch, gradient: own)
      }
      result.pictures += pictures.count
      plan.backward(from: own, ready: ready)
    }
    Activity.enter(.exchanging, step: step)
    try reducer.finish()
    return result
  }
}
