import Cluster

/// Why a visualisation couldn't be made or kept; the message says what was expected, what was found and what to do.
public struct VisualizeError: ExitCoded, Sendable, Hashable, CustomStringConvertible {
  /// What went wrong, for callers that act on it.
  public enum Kind: Sendable, Hashable {
    /// The options don't fit the checkpoint or the result folder.
    case wrongUse
    /// A checkpoint, picture or result file isn't as it should be.
    case badData
    /// Stopped on request; what was finished is saved, and a second run goes on from there.
    case stopped
    /// The system refused something.
    case system
  }

  public let kind: Kind
  public let description: String

  public init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }

  public var exitCode: Int32 {
    switch kind {
    case .wrongUse: ExitCode.wrongUse
    case .badData: ExitCode.badData
    case .stopped: ExitCode.stoppedOnRequest
    case .system: ExitCode.failure
    }
  }
}
