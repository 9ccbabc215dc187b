import ConvNet

/// What every job needs to know, whatever it makes.
public struct JobSetting: Sendable {
  public var network: TrainedNetwork
  /// The result folder.
  public var output: String
  /// Whether results of other parameters or another checkpoint are removed first.
  public var overwrite: Bool
  /// The most items that a rank computes together.
  public var batch: Int
  public var compute: ComputeSettings

  public init(
    network: TrainedNetwork, output: String, overwrite: Bool = false, batch: Int = 16,
    compute: ComputeSettings = ComputeSettings()
  ) {
    (self.network, self.output, self.overwrite) = (network, output, overwrite)
    (self.batch, self.compute) = (batch, compute)
  }
}
