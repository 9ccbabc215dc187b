import ConvNet

/// The settings that every job has.
public struct JobSetting: Sendable {
  public var network: TrainedNetwork
  /// The result folder.
  public var output: String
  /// True if results with other parameters or of another checkpoint are removed first.
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
