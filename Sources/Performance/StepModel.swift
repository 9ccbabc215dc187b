import Cluster
import ConvNet

/// Predicts the time of a training step on many ranks, from the time that one rank computes and the speed of the network.
///
/// replicated: gradients are summed while the backward pass goes on; those of the fully connected layers are sent first.
///
///     step = compute + update + max(adding(all gradients), sum(all gradients) − 0.45·compute)
///
/// sharded: activations are exchanged while nothing else can be computed; the convolutions' gradients are summed during their
/// backward pass.
///
///     step = compute + update of own rows + exchange + max(adding(g), sum(g) − 0.5·compute), g the convolutions' gradients
///
///     sum(g) = 2(P−1)/P · bytes(g) / bandwidth + 2(P−1) · latency · chunks
///     adding(g) = bytes in float32 / 4 GB/s, of the processor
///     exchange = (P−1)/P · bytes of the activations of P·n pictures / bandwidth + (P−1) · latency · exchanges
///
/// Source: Patarasu and Yuan, *Bandwidth optimal all-reduce algorithms for clusters of workstations* (2009), for the sums.
public struct StepModel: Sendable {
  public enum Mode: String, Sendable, CaseIterable { case replicated, sharded }

  /// The parts of a step, in seconds.
  public struct Step: Sendable {
    public let computeSeconds, updateSeconds: Double
    /// The time that communication adds.
    public let waitSeconds: Double
    public var seconds: Double { computeSeconds + updateSeconds + waitSeconds }
  }

  /// Seconds per step of one rank alone, including its update.
  public var aloneSeconds: Double
  /// The number of pictures per rank and step.
  public var pictures: Int
  /// Bytes per second in one direction between neighbours, and the delay of a message in seconds.
  public var bandwidth, latency: Double
  /// Bytes per second that an update reads and writes: 1e10 per thread.
  public var memoryRate: Double
  /// Bytes of gradients per second that a rank's processor adds up. No speed of the network hides this time. Measured between two
  /// ranks of one host: 3 to 6 GB/s.
  public var addedBytesPerSecond = 4e9
  private let featureParameters, fullyConnectedParameters: Int
  /// The inputs of all fully connected layers together: the activations per picture that ranks exchange.
  private let exchangedValues: Int
  private let exchanges: Int
  private let fewestOutputs: Int
  /// True if activations are bfloat16 in any case.
  public var computesInBFloat16 = false

  /// The fraction of the computing time during which communication is hidden: of all gradients, whose traffic needs the core too,
  /// and of the convolutions' gradients alone. Measured on two emulated nodes of one core (docs/performance.md).
  static let (hidden, hiddenOfConvolutions) = (0.45, 0.5)
  static let chunkBytes = 4.0 * 1048576
  /// The speed at which one core trains, as multiply-adds of the forward pass per second; measured.
  package static let multiplyAddsPerSecond = 29e9

  /// - Parameters:
  ///   - threads: the number of threads per rank.
  ///   - aloneSeconds: the measured time; nil for an estimate from the network's multiply-adds.
  public init(
    _ network: Network, pictures: Int, threads: Int, aloneSeconds: Double? = nil, bandwidth: Double, latency: Double
  ) {
    let guess = Double(network.multiplyAdds * pictures) / (Self.multiplyAddsPerSecond * Double(threads))
    self.aloneSeconds = aloneSeconds ?? guess
    memoryRate = 1e10 * Double(threads)
    (self.pictures, self.bandwidth, self.latency) = (pictures, bandwidth, latency)
    let parts = network.classifierParts
    fullyConnectedParameters = (parts?.fullyConnected ?? []).reduce(0) { sum, part in
      let layer = part.lowerBound
      let specs = network.layers[layer].layer.layer.parameters(for: network.shapes[layer])
      return sum + specs.reduce(0) { $0 + $1.count }
    }
    featureParameters = network.parameterCount - fullyConnectedParameters
    exchangedValues = (parts?.fullyConnected ?? []).reduce(0) { $0 + network.shapes[$1.lowerBound].count }
    exchanges = parts?.fullyConnected.count ?? 0
    fewestOutputs = (parts?.fullyConnected ?? []).map { network.shapes[$0.upperBound].count }.min() ?? 0
  }

  /// True if every rank gets at least one output of each fully connected layer.
  public func canShard(ranks: Int) -> Bool { ranks <= fewestOutputs }

  public func step(ranks: Int, _ mode: Mode, _ wire: GradientWire) -> Step {
    let all = featureParameters + fullyConnectedParameters
    // An update reads value, velocity and gradient, and writes value and velocity.
    let update = min(20 * Double(all) / memoryRate, aloneSeconds / 2)
    let compute = aloneSeconds - update
    guard ranks > 1 else { return Step(computeSeconds: compute, updateSeconds: update, waitSeconds: 0) }
    switch mode {
    case .replicated:
      return Step(
        computeSeconds: compute, updateSeconds: update,
        waitSeconds: sumSeconds(all, ranks, wire, beside: Self.hidden * compute))
    case .sharded:
      let sum = sumSeconds(featureParameters, ranks, wire, beside: Self.hiddenOfConvolutions * compute)
      let owned = featureParameters + fullyConnectedParameters / ranks
      return Step(
        computeSeconds: compute, updateSeconds: update * Double(owned) / Double(all),
        waitSeconds: exchangeSeconds(ranks, wire) + sum)
    }
  }

  /// The time that summing the gradients adds to a step.
  private func sumSeconds(_ parameters: Int, _ ranks: Int, _ wire: GradientWire, beside compute: Double) -> Double {
    let others = Double(ranks - 1)
    let bytes = Double(parameters * wire.bytes)
    let chunks = (4 * Double(parameters) / Self.chunkBytes).rounded(.up)
    let travel = 2 * others / Double(ranks) * bytes / bandwidth + 2 * others * latency * chunks
    return max(4 * Double(parameters) / addedBytesPerSecond, travel - compute)
  }

  private func exchangeSeconds(_ ranks: Int, _ wire: GradientWire) -> Double {
    let others = Double(ranks - 1)
    let forward = computesInBFloat16 ? 2 : wire.bytes
    let bytes = Double(exchangedValues * (forward + wire.bytes) * pictures * ranks)
    return others / Double(ranks) * bytes / bandwidth + others * latency * Double(2 * exchanges + 3)
  }
}
