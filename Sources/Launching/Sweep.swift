import Glibc

/// What an ended run may leave behind on a host: segments of shared memory that no process has mapped, and the folders of mpirun
/// processes that are no more. Those of other jobs and other users stay. The names are those of both versions of Open MPI: hosts may
/// have seen both.
package struct Sweep {
  /// Where shared memory lies: `/dev/shm` but in tests.
  var sharedMemory = "/dev/shm"
  /// The folder of temporary files.
  var temporary: String
  var user = geteuid()
  /// The files of a folder that a process has mapped.
  var mappedFiles: (_ folder: String) -> Set<String> = Self.filesMappedByProcesses
  /// True if there is such a process of this user.
  var isAlive: (pid_t) -> Bool = { kill($0, 0) == 0 }
  /// The names of this user's programs that run.
  var runningPrograms: () -> Set<String>?

  package init(variables: Variables) {
    let user = user
    temporary = variables["TMPDIR"] ?? "/tmp"
    runningPrograms = { Self.programs(ofUser: user) }
  }

  /// The files and folders to be removed.
  package var leftovers: [String] { sharedMemorySegments + foldersOfEndedRuns + foldersOfJobs }

  /// Removes them.
  package func run() { for path in leftovers { Self.remove(path) } }

  /// A segment is looked at twice: a rank that is just starting makes it before it maps it.
  private var sharedMemorySegments: [String] {
    let segments = owned(in: sharedMemory) { name in ["vader_segment.", "sm_segment.", "osc_sm."].contains { name.hasPrefix($0) }
    }
    let unmapped = Set(segments).subtracting(segments.isEmpty ? [] : mappedFiles(sharedMemory))
    guard !unmapped.isEmpty else { return [] }
    usleep(200_000)
    return unmapped.subtracting(mappedFiles(sharedMemory)).sorted()
  }

  /// `ompi.HOST.UID/pid.PID` and `prte*.HOST.PID.UID`.
  private var foldersOfEndedRuns: [String] {
    func hasEnded(_ path: String, _ pid: Substring?) -> Bool { pid.flatMap { pid_t($0) }.map { !isAlive($0) } ?? true }
    let old = sessionFolders.flatMap { owned(in: $0) { $0.hasPrefix("pid.") } }.filter {
      hasEnded($0, $0.split(separator: ".").last)
    }
    let new = owned(in: temporary) { name in
      let parts = name.split(separator: ".")
      return name.hasPrefix("prte") && parts.count >= 4 && parts.last == "\(user)"
    }
    return old + new.filter { hasEnded($0, $0.split(separator: ".").dropLast().last) }
  }

  /// `ompi.HOST.UID/jf.*`, which name no process: they go when no part of Open MPI runs.
  private var foldersOfJobs: [String] {
    guard let running = runningPrograms(),
      running.isDisjoint(with: ["orted", "mpirun", "orterun", "prted", "prterun"])
    else { return [] }
    return sessionFolders.flatMap { owned(in: $0) { $0.hasPrefix("jf.") } }
  }

  private var sessionFolders: [String] {
    names(inFolder: temporary).filter { $0.hasPrefix("ompi.") && $0.hasSuffix(".\(user)") }.map { "\(temporary)/\($0)" }
  }

  /// The entries of a folder that belong to this user.
  private func owned(in folder: String, where isWanted: (String) -> Bool) -> [String] {
    names(inFolder: folder).filter(isWanted).map { "\(folder)/\($0)" }.filter { path in
      var status = stat()
      return path.withCBytes { lstat($0, &status) } == 0 && status.st_uid == user
    }
  }

  /// Source: proc(5), a line per mapping of `/proc/PID/maps`, which ends with the path, and ` (deleted)` if that is so.
  private static func filesMappedByProcesses(in folder: String) -> Set<String> {
    var files: Set<String> = []
    for process in names(inFolder: "/proc") where process.naturalNumber != nil {
      let maps = (bytes(ofFile: "/proc/\(process)/maps") ?? []).map { CChar(bitPattern: $0) } + [0]
      maps.withUnsafeBufferPointer { maps in
        var rest = maps.baseAddress!
        while let found = strstr(rest, "\(folder)/") {
          let length = strcspn(found, "\n")
          let path = String(bytes: UnsafeRawBufferPointer(start: found, count: length))
          files.insert(path.hasSuffix(" (deleted)") ? String(path.dropLast(10)) : path)
          rest = UnsafePointer(found + length)
        }
      }
    }
    return files
  }

  private static func programs(ofUser user: uid_t) -> Set<String>? {
    let processes = names(inFolder: "/proc").filter { name in
      var status = stat()
      return name.naturalNumber != nil && "/proc/\(name)".withCBytes { stat($0, &status) } == 0 && status.st_uid == user
    }
    return processes.isEmpty ? nil : Set(processes.compactMap { text(ofFile: "/proc/\($0)/comm")?.words.first })
  }

  /// Removes a file, or a folder with what is in it; links are not followed.
  private static func remove(_ path: String) {
    var status = stat()
    guard path.withCBytes({ lstat($0, &status) }) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      _ = path.withCBytes { unlink($0) }
      return
    }
    for name in names(inFolder: path) { remove("\(path)/\(name)") }
    _ = path.withCBytes { rmdir($0) }
  }
}
