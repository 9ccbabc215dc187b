import Cluster
import ConvNet

/// How a run is carried out, and for how long: it may change when the run goes on. The defaults are those of `train`.
public struct Execution: Sendable, Codable, Hashable {
  public var epochs = 90
  public var backend = BackendChoice.auto
  public var convolution = ConvolutionAlgorithm.auto
  public var gradientWire = GradientWire.float32
  public var fullyConnected = FullyConnectedMode.auto
  /// The share of unreadable pictures above which the run stops.
  public var badFileLimit = 0.01

  public init() {}

  /// The first number that is outside of what a run may have, as `name value`; nil if there is none.
  var problem: String? { outOfBounds([("epochs", Double(epochs), 1...1e6), ("badFileLimit", badFileLimit, 0...1)]) }
}
