/// An error for a backend or precision that this machine doesn't have, or for a layer that a backend can't compute, because its
/// sizes are beyond the kernels or there is no memory for its working space.
public struct BackendError: Error, Sendable, Hashable, CustomStringConvertible {
  public let description: String

  init(_ reason: String) { description = "oneDNN can't compute this network: \(reason); --backend openblas may" }

  /// - Parameter obstacle: the text of `BackendChoice.obstacle(to:)`.
  init(obstacle: String) { description = obstacle }
}
