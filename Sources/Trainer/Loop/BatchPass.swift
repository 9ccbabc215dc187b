import ConvNet

/// Forward and backward passes over this rank's pictures of a part of the batch.
protocol BatchPass: AnyObject {
  /// The most pictures of this rank in a part.
  var batch: Int { get }
  /// The plans that compute, from the first layer to the last.
  var plans: [Plan] { get }
  /// Seconds spent exchanging activations until now.
  var waitSeconds: Double { get }

  /// Leaves the gradients of this part in the store.
  ///
  /// - Parameters:
  ///   - pictures: may be none.
  ///   - ready: called as soon as a range of the flat buffer holds this part's gradients, in the same order on all ranks; `isWhole`
  ///     where they are those of all ranks' pictures already.
  /// - Returns: this rank's share of the mean loss.
  /// - Note: collective where activations are exchanged
  func compute(_ pictures: PictureBatch, ready: (_ range: Range<Int>, _ isWhole: Bool) -> Void) throws -> Double
}

/// Every rank has the whole net.
final class ReplicatedPass: BatchPass {
  private let plan: Plan
  private let gradient: Tensor
  private let globalBatch: Int
  private let smoothing: Double
  private let seed: UInt64
  private let team: ThreadTeam

  init(_ store: ParameterStore, batch: Int, job: TrainingJob) throws {
    plan = try Plan(store, batch: batch, purpose: .training, compute: job.compute)
    gradient = try Tensor(count: batch, shape: Shape(channels: store.network.classCount))
    globalBatch = job.options.batch
    smoothing = job.options.labelSmoothing
    seed = job.options.seed
    team = job.compute.team
  }

  var batch: Int { plan.batch }
  var plans: [Plan] { [plan] }
  var waitSeconds: Double { 0 }

  func compute(_ pictures: PictureBatch, ready: (_ range: Range<Int>, _ isWhole: Bool) -> Void) -> Double {
    guard pictures.count > 0 else {
      plan.parameters.clearGradients { ready($0, false) }
      return 0
    }
    let scores = plan.forward(pictures.tensor, dropout: DropoutStream(seed: seed, samples: pictures.samples))
    let own = gradient.prefix(pictures.count)
    let loss = pictures.labels.withUnsafeBufferPointer {
      softmaxCrossEntropy(scores, labels: $0, divisor: globalBatch, gradient: own, smoothing: smoothing, team: team)
    }
    plan.backward(from: own) { ready($0, false) }
    return loss
  }
}

extension ParameterStore {
  /// Leaves the gradients of an empty batch, zeros, layer by layer as a backward pass would.
  func clearGradients(_ ready: (Range<Int>) -> Void) {
    for range in layerRanges {
      gradients[range].update(repeating: 0)
      ready(range)
    }
  }
}
