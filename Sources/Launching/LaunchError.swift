/// Why nothing is started, or no more, with the exit code that says it.
package struct LaunchError: Error, Equatable {
  /// 2 wrong use, 3 a missing program, 1 anything else.
  package let code: Int32
  package let message: String

  package init(code: Int32, _ message: String) {
    self.code = code
    self.message = message
  }

  static func wrongUse(_ message: String) -> LaunchError { LaunchError(code: 2, message) }
}
