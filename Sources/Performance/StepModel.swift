import Cluster
import ConvNet

/// How long a training step takes on many ranks, from what one rank computes and the network carries.
///
/// replicated: gradients are summed while the backward pass goes on; the fully connected layers' are on their way first.
///
///     step = compute + update + max(adding(all gradients), sum(all gradients) − 0.45·compute)
///
/// sharded: activations travel while nothing else can be done, the convolutions' gradients beside their backward pass.
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

  /// A step's parts, in seconds.
  public struct Step: Sendable {
    public let computeSeconds, updateSeconds: Double
    /// What communication adds.
    public let waitSeconds: Double
    public var seconds: Double { computeSeconds + updateSeconds + waitSeconds }
  }

  /// Seconds of a step of one rank alone, its update included.
  public var aloneSeconds: Double
  /// Of one rank.
  public var pictures: Int
  /// Bytes a second in one direction between neighbours, seconds.
  public var bandwidth, latency: Double
  /// Bytes a second that an update reads and writes: 1e10 a thread.
  public var memoryRate: Double
  /// Bytes of gradients a second that a rank's processor adds up, which can't be hidden however fast the network is. Measured
  /// between two ranks of one host: 3 to 6 GB/s.
  public var addedBytesPerSecond = 4e9
  private let featureParameters, fullyConnectedParameters: Int
  /// Inputs of all fully connected layers: what a picture's activations are that ranks exchange.
  private let exchangedValues: Int
  private let exchanges: Int
  private let fewestOutputs: Int
  /// Whether activations are bfloat16 anyway.
  public var computesInBFloat16 = false

  /// Measured on two emulated nodes of one core (docs/performance.md): the part of computing that hides communication, of all
  /// gradients, whose traffic takes the core too, and of the convolutions' alone.
  static let (hidden, hiddenOfConvolutions) = (0.45, 0.5)
  static let chunkBytes = 4.0 * 1048576
  /// Measured: a core trains on so many multiply-adds of the forward pass a second.
  package static let multiplyAddsPerSecond = 29e9

  /// - Parameters:
  ///   - threads: of a rank.
  ///   - aloneSeconds: as measured; nil for a guess by the network's multiply-adds.
  public init(
    _ network: Network, pictures: Int, threads: Int, aloneSeconds: Double? = nil, bandwidth: Double, latency: Double
  ) {
    let guess = Double(network.multiplyAdds * pictures) / (Self.multiplyAddsPerSecond * Double(threads))
    self.aloneSeconds = aloneSeconds ?? guess
    memoryRate = 1e10 * Double(threads)
    self.pictures = pictures
    self.bandwidth = bandwidth
    self.latency = latency
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

  /// Whether each rank gets outputs of each fully connected layer.
  public func canShard(ranks: Int) -> Bool { ranks <= fewestOutputs }

  public func step(ranks: Int, _ mode: Mode, _ wire: GradientWire) -> Step {
    let all = featureParameters + fullyConnectedParameters
    // Value, velocity and gradient are read, value and velocity written.
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

  /// What summing gradients adds to a step.
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
