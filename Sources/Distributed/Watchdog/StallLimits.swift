/// How long a rank may be silent or make no progress.
public struct StallLimits: Sendable, Hashable {
  /// Seconds after which rank 0 names the ranks that are late.
  public var warning: Double
  /// Seconds after which the job is ended.
  public var limit: Double

  public init(warning: Double = 60, limit: Double = 600) {
    precondition(warning > 0 && limit > 0, "limits are positive")
    self.warning = warning
    self.limit = limit
  }

  /// Seconds between two signs of life: several fit into the shortest limit.
  var interval: Double { min(max(min(warning, limit) / 8, 0.02), 2) }
}
