import Cluster
import ConvNet

/// Whether to deal out the fully connected layers, by what the network between the ranks is measured to carry.
struct FullyConnectedChoice {
  let isSharded: Bool
  /// Sharded only when it is faster by so much: a measurement that varies a little should not change how a run rounds.
  static let clearGain = 0.9

  /// A sentence with the figures.
  let reason: String

  /// - Note: collective
  init(_ network: Network, job: TrainingJob, communicator: Communicator) throws {
    let speed = try communicator.collectiveSpeed()
    let pictures = (job.options.batch + communicator.size - 1) / communicator.size
    var model = StepModel(
      network, pictures: pictures, threads: job.compute.team.workers, bandwidth: speed.bandwidth, latency: speed.latency)
    model.computesInBFloat16 = job.options.precision == .bfloat16
    let wire = job.options.gradientWire
    let replicated = model.step(ranks: communicator.size, .replicated, wire)
    let sharded = model.step(ranks: communicator.size, .sharded, wire)
    isSharded = sharded.seconds < Self.clearGain * replicated.seconds
    func milliseconds(_ seconds: Double) -> String { "\(Int((1000 * seconds).rounded())) ms" }
    reason =
      "fully connected layers \(isSharded ? "sharded" : "replicated"): the ranks exchange "
      + "\(Int((speed.bandwidth / 1e6).rounded())) MB/s, so a step waits about \(milliseconds(sharded.waitSeconds)) sharded and "
      + "\(milliseconds(replicated.waitSeconds)) replicated (--fully-connected)"
  }
}
