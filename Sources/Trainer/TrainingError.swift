import Cluster

/// A run that can't start or go on.
public struct TrainingError: ExitCoded, Sendable, CustomStringConvertible {
  public let description: String
  public let exitCode: Int32

  public init(_ description: String, exitCode: Int32 = ExitCode.failure) {
    self.description = description
    self.exitCode = exitCode
  }

  static func wrongUse(_ description: String) -> TrainingError { TrainingError(description, exitCode: ExitCode.wrongUse) }
  static func badData(_ description: String) -> TrainingError { TrainingError(description, exitCode: ExitCode.badData) }
}
