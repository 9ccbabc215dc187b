import Cluster

/// The reason why results couldn't be made, saved, read or continued. The message says what was expected, what was found and what
/// to do.
public struct ResultsError: ExitCoded, Sendable, Hashable, CustomStringConvertible {
  /// The kind of failure, for callers that react to it.
  public enum Kind: Sendable, Hashable {
    /// The options don't fit the checkpoint, or the folder has results of another job.
    case wrongUse
    /// A checkpoint, picture or result file is damaged or has a wrong form.
    case badData
    /// Stopped on request. Finished results are saved, and a second run continues from there.
    case stopped
    /// Some items failed; all others are done.
    case incomplete
    /// The system refused an operation.
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
    case .incomplete, .system: ExitCode.failure
    }
  }
}
