import Cluster
import Foundation

/// Why results couldn't be made, kept, read or gone on with; the message says what was expected, what was found and what to do.
public struct ResultsError: ExitCoded, Sendable, Hashable, CustomStringConvertible {
  /// What went wrong, for callers that act on it.
  public enum Kind: Sendable, Hashable {
    /// The options don't fit the checkpoint, or the folder has results of something else.
    case wrongUse
    /// A checkpoint, picture or result file isn't as it should be.
    case badData
    /// Stopped on request; what was finished is saved, and a second run goes on from there.
    case stopped
    /// Some items failed; all others are done.
    case incomplete
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
    case .incomplete, .system: ExitCode.failure
    }
  }
}

/// Makes a folder and those that it lies in; one that is there already stays.
package func makeFolder(_ folder: String) throws(ResultsError) {
  do {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  } catch {
    throw ResultsError(.system, "cannot make the folder \(folder): \(error.localizedDescription)")
  }
}
