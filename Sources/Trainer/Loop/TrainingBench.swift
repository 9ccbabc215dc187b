import Cluster
import ConvNet
import Report

/// The step of a training on random pictures, for measurements: forward, backward, the sum over ranks and the update.
public final class TrainingBench {
  private let store: ParameterStore
  private let shards: Shards?
  private let update: GlobalUpdate
  private let pictures: PictureBatch
  private var steps = 0

  /// - Parameter batch: pictures of each rank.
  /// - Throws: `JobError` of wrong use where `sharded` can't be.
  /// - Note: collective
  public init(
    _ network: Network, batch: Int, compute: ComputeSettings, gradientWire: GradientWire, fullyConnected: FullyConnectedMode,
    communicator: Communicator
  ) throws {
    var job = TrainingJob(data: "", run: RunFolder(""))
    job.options.batch = batch * communicator.size
    job.options.precision = compute.precision
    job.options.gradientWire = gradientWire
    job.options.fullyConnected = fullyConnected
    job.compute = compute
    store = try ParameterStore(network)
    Initialization.gaussian.fill(store, seed: 0)
    shards = try TrainingStart.shards(of: store, job: job, communicator: communicator)
    update = try GlobalUpdate(store, shards: shards, job: job, communicator: communicator)
    pictures = try PictureBatch(random: batch, crop: network.input.width, classes: network.classCount, rank: communicator.rank)
  }

  public var isSharded: Bool { shards != nil }
  /// What computes, in a line.
  public var description: String { update.description }
  /// Of the plans; turning it on forgets earlier times.
  public var timesLayers: Bool {
    get { update.pass.plans[0].timesLayers }
    set { for plan in update.pass.plans { plan.timesLayers = newValue } }
  }
  public var layerTimes: [LayerTime] { update.pass.plans.flatMap(\.layerTimes) }

  /// - Note: collective
  public func step() throws {
    steps += 1
    _ = try update.compute(step: steps, next: { pictures }, recycle: { _ in })
    try update.apply(rate: 1e-4, step: steps, number: steps)
  }
}
