/// A backend or precision that isn't there on this machine, or a layer that a backend can't compute, because its sizes are beyond the
/// kernels or there is no memory for its working space.
public struct BackendError: Error, Sendable, Hashable, CustomStringConvertible {
  public let description: String

  init(_ reason: String) { description = "oneDNN can't compute this network: \(reason); --backend openblas may" }

  /// - Parameter obstacle: of `BackendChoice.obstacle(to:)`.
  init(obstacle: String) { description = obstacle }
}
