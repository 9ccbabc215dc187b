import Foundation

/// An error that knows the code with which the program ends.
///
/// The codes of the program: 2 wrong use, 3 bad input data, 4 stopped on request with the work saved, 1 anything else.
public protocol ExitCoded: Error {
  var exitCode: Int32 { get }
}

/// The codes with which the program ends.
public enum ExitCode {
  public static let failure: Int32 = 1
  public static let wrongUse: Int32 = 2
  public static let badData: Int32 = 3
  public static let stoppedOnRequest: Int32 = 4

  /// The error's own code if it is `ExitCoded`, else `failure`.
  public static func of(_ error: any Error) -> Int32 { (error as? any ExitCoded)?.exitCode ?? failure }
}

/// One sentence for a person: the description of a `LocalizedError`, else the value's own.
func sentence(for error: any Error) -> String {
  (error as? any LocalizedError)?.errorDescription ?? String(describing: error)
}
