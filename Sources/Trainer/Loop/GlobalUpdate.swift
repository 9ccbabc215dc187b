import Cluster
import ConvNet
import Learning

/// The update by one global batch, which every rank has a part of: forward and backward passes over this rank's pictures, in
/// as many parts as memory asks for, the sum over ranks while the last backward pass goes on, and what this rank updates.
///
/// The loss is divided by the global batch and gradients are summed, over parts and over ranks: so neither changes the update
/// beyond rounding. Under `--reduction exact` the parts are micro-batches of a fixed size, and parts and ranks are summed in one
/// binary tree: then the number of ranks doesn't change a bit. A rank without pictures (the batch is smaller than the number of ranks) adds zeros.
final class GlobalUpdate {
  /// Passes per step, the same on all ranks.
  let parts: Int
  let pass: any BatchPass
  private let optimizer: any Optimizer
  /// The largest norm of a gradient; nil for any.
  private let clipNorm: Double?
  private let averaging: Averaging?
  private let team: ThreadTeam
  /// Adds up the passes of this rank.
  private let accumulation: any GradientAccumulation
  /// Adds up the ranks.
  private let exchange: any GradientExchange

  /// - Parameter shards: where the fully connected layers are dealt out to the ranks.
  /// - Note: collective
  init(_ store: ParameterStore, shards: Shards? = nil, job: TrainingJob, communicator: Communicator) throws {
    let options = job.options
    let share = (options.batch + communicator.size - 1) / communicator.size
    let isExact = options.reduction == .exact
    let limit = isExact ? try options.fixedMicroBatch(ranks: communicator.size) : max(1, min(job.microBatch ?? share, share))
    parts = (share + limit - 1) / limit
    let size = (share + parts - 1) / parts
    pass =
      try shards.map { try ShardedPass($0, batch: size, job: job, communicator: communicator) }
      ?? ReplicatedPass(store, batch: size, job: job)
    (optimizer, team) = (options.recipe.updateRule, job.compute.team)
    averaging = options.averageDecay > 0 ? Averaging(decay: options.averageDecay) : nil
    clipNorm = options.clipNorm > 0 ? options.clipNorm : nil
    accumulation =
      isExact
      ? try GradientTree(store, passes: parts, team: team) : try GradientSum(store, parts: parts, team: team)
    let common = shards?.features ?? store
    let whole: any GradientExchange =
      try WeightShares(common, options, communicator: communicator)
      ?? AllReduce(common, options.gradientReduction, communicator: communicator)
    exchange = shards.map { ShardExchange($0, features: whole, communicator: communicator) } ?? whole
  }

  /// Seconds waited for other ranks until now.
  var waitSeconds: Double { exchange.waitSeconds + pass.waitSeconds }

  /// What computes, in a line.
  var description: String { pass.plans[0].backendDescription }

  /// Leaves the gradient of the global batch, for what this rank updates, in `ParameterStore.gradients`.
  ///
  /// - Parameters:
  ///   - step: the number of the update, from 1 on.
  ///   - next: gives `parts` batches per step.
  ///   - recycle: takes each back.
  /// - Returns: this rank's share of the mean loss, and its number of pictures.
  /// - Note: collective
  func compute(
    step: Int, next: () throws -> PictureBatch, recycle: (PictureBatch) -> Void
  ) throws -> (loss: Double, pictures: Int) {
    var result = (loss: 0.0, pictures: 0)
    for part in 0..<parts {
      Activity.enter(.loading, step: step)
      let pictures = try next()
      defer { recycle(pictures) }
      Activity.enter(.computing, step: step)
      result.loss += try pass.compute(pictures) { range, isWhole in
        accumulation.add(range, part: part)
        if part == parts - 1, !isWhole { exchange.begin(range) }
      }
      result.pictures += pictures.count
    }
    Activity.enter(.exchanging, step: step)
    try exchange.finish()
    return result
  }

  /// Updates the parameters from that gradient.
  ///
  /// - Parameters:
  ///   - step: the number of the update, from 1 on.
  ///   - number: the number of updates since what the optimizer keeps was zero, this one included.
  /// - Returns: the norm of the gradient before it was clipped; nil if it isn't clipped.
  /// - Note: collective
  @discardableResult
  func apply(rate: Double, step: Int, number: Int) throws -> Double? {
    let norm = try clipNorm.map(clip)
    for part in exchange.owned {
      optimizer.update(part, rate: Float(rate), number: number, team: team)
      averaging?.add(part, number: step, team: team)
    }
    try exchange.spreadValues()
    return norm
  }

  /// Scales the gradient of all parameters to the largest norm if it is longer. Pixels count as of deviation 1, so that the first
  /// layer, whose gradients are as large as the pixels, doesn't stand for all.
  ///
  /// Source: Pascanu, Mikolov and Bengio, *On the difficulty of training recurrent neural networks*, 2013, section 3.2.
  private func clip(to limit: Double) throws -> Double {
    let norm = try exchange.total { optimizer.squaredGradient($0, of: $1, team: team) }.squareRoot()
    guard norm.isFinite, norm > limit else { return norm }
    for part in exchange.owned { part.scaleGradients(by: Float(limit / norm), team: team) }
    return norm
  }

  /// Calls `body` while all ranks have the values of all parameters, or their averages if the training keeps some: for an evaluation.
  /// - Note: collective
  func withWholeNet<Value>(_ body: () throws -> Value) throws -> Value {
    try swapAverages()
    try exchange.gatherValues()
    let result = Result { try body() }
    try swapAverages()
    return try result.get()
  }

  private func swapAverages() throws {
    guard averaging != nil else { return }
    for part in exchange.owned { Averaging.swap(part, team: team) }
    try exchange.spreadValues()
    for part in exchange.owned { part.valuesChanged() }
  }

  /// True if there is something that `gatherOnFirst` has to fetch.
  var isSpread: Bool { exchange.isSpread }

  /// Brings values of all parameters and what the optimizers keep of them to rank 0: for a checkpoint. - Note: collective
  func gatherOnFirst() throws { try exchange.gatherOnFirst() }
}
