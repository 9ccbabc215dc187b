import Cluster
import ConvNet
import Foundation
import Performance

/// Whether to deal out the fully connected layers: by what the network between the hosts is measured to carry.
///
/// The two ways round differently, and the same command should end in the same bits. So nothing is measured inside one host, where
/// shared memory carries about as much everywhere; figures of a network count to a power of two; and a small gain is none.
struct FullyConnectedChoice: Codable {
  let isSharded: Bool
  /// A sentence with the figures.
  let reason: String

  /// The least gain that counts, as a share of a step's time, and in seconds.
  static let (clearShare, clearSeconds) = (0.02, 0.005)

  /// The choice of rank 0, on all ranks. A step takes as long as the rank with the fewest threads does.
  ///
  /// - Note: collective
  init(_ network: Network, job: TrainingJob, communicator: Communicator) throws {
    let speed =
      communicator.isOneHost ? CollectiveSpeed(bandwidth: 2e9, latency: 2e-6) : try communicator.collectiveSpeed().rounded
    let threads = try communicator.allReduceMin(job.compute.team.workers)
    self = try communicator.broadcast(Self(network, job: job, speed: speed, threads: threads, communicator: communicator))
  }

  private init(
    _ network: Network, job: TrainingJob, speed: CollectiveSpeed, threads: Int, communicator: Communicator
  ) {
    let pictures = (job.options.batch + communicator.size - 1) / communicator.size
    var model = StepModel(network, pictures: pictures, threads: threads, bandwidth: speed.bandwidth, latency: speed.latency)
    model.computesInBFloat16 = job.options.precision == .bfloat16
    let wire = job.options.gradientWire
    let replicated = model.step(ranks: communicator.size, .replicated, wire).seconds
    let sharded = model.step(ranks: communicator.size, .sharded, wire).seconds
    isSharded = replicated - sharded > max(Self.clearShare * replicated, Self.clearSeconds)
    func milliseconds(_ seconds: Double) -> String { "\(Int((1000 * seconds).rounded())) ms" }
    reason =
      "fully connected layers \(isSharded ? "sharded" : "replicated"): "
      + (communicator.isOneHost
        ? "inside one host" : "the ranks exchange about \(Int((speed.bandwidth / 1e6).rounded())) MB/s,")
      + " a step is expected to take \(milliseconds(sharded)) sharded and \(milliseconds(replicated)) replicated"
      + " (--fully-connected)"
  }
}

extension CollectiveSpeed {
  /// Rounds to powers of two.
  fileprivate var rounded: CollectiveSpeed {
    func near(_ value: Double) -> Double { exp2(log2(value).rounded()) }
    return CollectiveSpeed(bandwidth: near(bandwidth), latency: near(latency))
  }
}
