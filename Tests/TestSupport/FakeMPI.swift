import Foundation

/// Makes an mpirun in a folder that says it is Open MPI of a version, and does what a line of sh says when it is to start ranks.
///
/// By another process: a child of another test may hold a file open that this one wrote, and then nobody can execute it.
/// - Returns: a `PATH` that finds it first.
public func pathWithOpenMPI(_ version: String, in folder: TemporaryFolder, starting: String = "exit 1") throws -> String {
  let script = """
    cat >"$0/mpirun" <<'SCRIPT'
    #!/bin/sh
    if [ "$1" = --version ]; then echo "mpirun (Open MPI) \(version)"; exit; fi
    \(starting)
    SCRIPT
    chmod 755 "$0/mpirun"
    """
  let made = try RunningProcess(["sh", "-c", script, folder.url.path]).wait()
  guard made.exitCode == 0 else { throw ProcessError(description: "\(made)") }
  return "\(folder.url.path):\(ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")"
}
