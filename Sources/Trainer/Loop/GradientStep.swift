import Cluster
import ConvNet
import Kernels

/// Computes the gradient of a global batch: this rank's part of it, and the sum over all ranks.
///
/// `fast`: one forward and one backward pass, each layer's gradients on their way as soon as they are there.
///
/// `exact`: a rank's pictures are micro-batches 0 … M−1, each with passes of its own, summed by halves:
///
///     Σ(0 ..< 4) = (g0 + g1) + (g2 + g3)
///
/// and the reducer goes on with the same tree over the ranks. The last micro-batch's gradients are added to what waits
/// layer by layer, so that they too are on their way while the backward pass goes on.
final class GradientStep {
  private let plan: Plan
  private let store: ParameterStore
  private let reducer: GradientReducer
  private let options: TrainingOptions
  /// The gradient of the loss with respect to the scores, `[N, K]`.
  private let scoreGradient: Tensor
  /// `exact`: a micro-batch's pictures, and the sums of left halves, outermost first.
  private let images: Tensor?
  private let waiting: [FlatBuffer]

  var backendDescription: String { plan.backendDescription }
  /// Seconds that this rank has waited for the others.
  var waitSeconds: Double { reducer.waitSeconds }

  /// - Throws: `TrainingError` of wrong use, `MPIError`.
  /// - Note: collective
  init(_ store: ParameterStore, options: TrainingOptions, compute: ComputeSettings, communicator: Communicator) throws {
    self.store = store
    self.options = options
    let share = (options.batch + communicator.size - 1) / communicator.size
    let isExact = options.reduction == .exact
    let most = isExact ? try options.exactMicroBatch(ranks: communicator.size) : share
    plan = Plan(store, batch: most, purpose: .training, compute: compute)
    images = isExact ? Tensor(count: most, shape: store.network.input) : nil
    waiting = isExact ? (0..<Self.depth(of: share / most)).map { _ in FlatBuffer(count: store.gradients.count) } : []
    scoreGradient = Tensor(count: most, shape: Shape(channels: store.network.classCount))
    reducer = try GradientReducer(
      store.gradients.all, communicator: communicator, reduction: options.gradientReduction)
  }

  /// Leaves the global batch's gradient in the store.
  ///
  /// - Returns: this rank's part of the mean loss.
  /// - Note: collective
  func run(_ batch: PictureBatch, step: Int) throws -> Double {
    var loss = 0.0
    Activity.enter(.computing, step: step)
    if let images {
      let size = images.count
      for part in 0..<batch.count / size {
        let first = part * size
        images.values.baseAddress!.update(from: batch.tensor[first].baseAddress!, count: images.values.count)
        loss += gradients(images, batch, first..<first + size, part, of: batch.count / size)
      }
    } else {
      loss = gradients(batch.tensor, batch, 0..<batch.count, 0, of: 1)
    }
    Activity.enter(.exchanging, step: step)
    try reducer.finish()
    return loss
  }

  /// The passes of the pictures `range` of the batch, and what is to be done with their gradients as number `part` of `parts`.
  private func gradients(_ images: Tensor, _ batch: PictureBatch, _ range: Range<Int>, _ part: Int, of parts: Int) -> Double {
    let samples = range.count == batch.count ? batch.samples : Array(batch.samples[range])
    let scores = plan.forward(images, dropout: DropoutStream(seed: options.seed, samples: samples))
    let gradient = scoreGradient.prefix(range.count)
    let loss = batch.labels.withUnsafeBufferPointer {
      softmaxCrossEntropy(
        scores, labels: UnsafeBufferPointer(rebasing: $0[range]), divisor: options.batch, gradient: gradient)
    }
    let (added, kept) = Self.place(of: part, in: parts)
    plan.backward(from: gradient) { range in
      for depth in added { plan.team.add(waiting[depth][range], to: store.gradients[range]) }
      if part == parts - 1 { reducer.start(range) }
    }
    if let kept { waiting[kept].pointer.update(from: store.gradients.pointer, count: store.gradients.count) }
    return loss
  }

  /// The levels of a tree that is made by halving.
  static func depth(of leaves: Int) -> Int { leaves <= 1 ? 0 : 1 + depth(of: leaves - leaves / 2) }

  /// What becomes of a leaf: the depths of the left halves whose right halves end with it, innermost first, and the depth at which
  /// the sum then is a left half itself, nil for that of all leaves.
  static func place(of leaf: Int, in leaves: Int) -> (added: [Int], kept: Int?) {
    var (low, high, depth) = (0, leaves, 0)
    var added: [Int] = []
    var kept: Int?
    while high - low > 1 {
      let middle = (low + high) / 2
      if leaf < middle {
        high = middle
        added = []
        kept = depth
      } else {
        low = middle
        added.insert(depth, at: 0)
      }
      depth += 1
    }
    return (added, kept)
  }
}

extension ThreadTeam {
  /// sum += x, shared out over the team.
  fileprivate func add(_ x: UnsafeMutableBufferPointer<Float>, to sum: UnsafeMutableBufferPointer<Float>) {
    guard let x = x.baseAddress, let target = sum.baseAddress else { return }
    split(sum.count, grain: 1024) { _, range in kernels_add(target + range.lowerBound, x + range.lowerBound, range.count) }
  }
}
