import Foundation
import Synchronization

/// The sign by which rank 0 says that all work is done. mpirun's exit code doesn't prove it: mpirun may end with 0 after it has lost a
/// host.
///
/// deepinside-launch puts a word into the environment, and takes it out of what rank 0 prints.
public enum DoneSign {
  /// The variable with the word.
  private static let variable = "DEEPINSIDE_DONE"
  private static let isGiven = Atomic(false)

  /// Prints the word as a line, if the environment has one; further calls do nothing. To be called by rank 0, or a process that is alone,
  /// when nothing is left to be done.
  public static func give() {
    guard let word = ProcessInfo.processInfo.environment[variable], !word.isEmpty, !isGiven.exchange(true, ordering: .relaxed)
    else { return }
    fflush(nil)
    try? FileHandle.standardOutput.write(contentsOf: Data("\(word)\n".utf8))
  }
}
