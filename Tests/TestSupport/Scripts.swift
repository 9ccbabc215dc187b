import Foundation

extension TemporaryFolder {
  /// Makes a script in the folder that can be executed at once.
  ///
  /// By another process: a child that another test starts meanwhile would inherit a file that this process has open for writing, and
  /// until that child executes its own program nobody could execute the script (`ETXTBSY`; a search of `PATH` then goes on to the next).
  ///
  /// - Parameters:
  ///   - name: of the script, in the folder.
  ///   - text: what `sh` reads.
  /// - Returns: its path.
  /// - Throws: `ProcessError` if it can't be written.
  @discardableResult
  public func script(_ name: String, _ text: String) throws -> String {
    let writing = #"printf '#!/bin/sh\n%s\n' "$1" >"$0" && chmod 755 "$0""#
    let made = try RunningProcess(["sh", "-c", writing, path(name), text]).wait()
    guard made.exitCode == 0 else { throw ProcessError(description: "\(made)") }
    return path(name)
  }

  /// A `PATH` that finds the folder's programs first.
  public var firstInPath: String { "\(path):\(ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")" }
}

/// Makes an mpirun in a folder that says it is Open MPI of a version, and does what a line of sh says when it is to start ranks.
///
/// - Returns: a `PATH` that finds it first.
public func pathWithOpenMPI(_ version: String, in folder: TemporaryFolder, starting: String = "exit 1") throws -> String {
  try folder.script(
    "mpirun",
    """
    if [ "$1" = --version ]; then echo "mpirun (Open MPI) \(version)"; exit; fi
    \(starting)
    """)
  return folder.firstInPath
}
