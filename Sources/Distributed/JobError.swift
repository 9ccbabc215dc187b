/// A job that can't start or go on.
public struct JobError: ExitCoded, Sendable, CustomStringConvertible {
  public let description: String
  public let exitCode: Int32

  public init(_ description: String, exitCode: Int32 = ExitCode.failure) {
    self.description = description
    self.exitCode = exitCode
  }

  public static func wrongUse(_ description: String) -> JobError { JobError(description, exitCode: ExitCode.wrongUse) }
  public static func badData(_ description: String) -> JobError { JobError(description, exitCode: ExitCode.badData) }
}
