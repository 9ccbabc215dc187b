import Foundation

/// The limits on the memory of the processes on a host.
struct MemoryLimits: Sendable {
  /// The number of bytes that are still free, and the limit in words.
  var shared: [(bytes: Int, limit: String)] = []

  /// The limits of the host and of this process's control group, version 1 or 2.
  ///
  /// - Parameter root: The root of the file system, for tests.
  ///
  /// Source: proc_meminfo(5): MemAvailable; Linux, admin-guide/cgroup-v2: memory.max, memory.current.
  static func ofHost(root: String = "") -> MemoryLimits {
    var limits = MemoryLimits()
    let host = fields(text("\(root)/proc/meminfo"))
    if let free = host["MemAvailable"] {
      limits.shared.append(((free + (host["SwapFree"] ?? 0)) * 1024, "of the host's memory (MemAvailable and SwapFree)"))
    }
    for line in text("\(root)/proc/self/cgroup").split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      if parts[1].isEmpty {
        limits.addGroups("\(root)/sys/fs/cgroup", String(parts[2]), most: "memory.max", used: "memory.current", file: "file")
      } else if parts[1].split(separator: ",").contains("memory") {
        limits.addGroups(
          "\(root)/sys/fs/cgroup/memory", String(parts[2]), most: "memory.limit_in_bytes", used: "memory.usage_in_bytes",
          file: "total_cache")
      }
    }
    return limits
  }

  /// Adds the limits of a control group and of all groups above it. Memory that it uses for file pages counts as free, because
  /// the kernel gives it back when it is needed.
  private mutating func addGroups(_ mount: String, _ group: String, most: String, used: String, file: String) {
    var group = group
    while true {
      let folder = mount + (group == "/" ? "" : group)
      if let limit = Self.number(Self.text("\(folder)/\(most)")), let use = Self.number(Self.text("\(folder)/\(used)")),
        // Version 1 writes "no limit" as nearly 2^63.
        limit < 1 << 60
      {
        let pages = Self.fields(Self.text("\(folder)/memory.stat"))[file] ?? 0
        shared.append((max(0, min(limit, limit - use + pages)), "under the control group's limit (\(most))"))
      }
      guard let slash = group.lastIndex(of: "/"), group != "/" else { return }
      group = slash == group.startIndex ? "/" : String(group[..<slash])
    }
  }

  /// The number of bytes that libraries need besides what is asked for.
  private static let reserve = 64 << 20

  /// The limits of this process alone: what is left of its address space and of its data. Source: getrlimit(2), proc_pid_statm(5)
  static func ofProcess() -> [(bytes: Int, limit: String)] {
    let kinds = [
      (RLIMIT_AS, 0, "under the limit of address space (ulimit -v)"), (RLIMIT_DATA, 5, "under the limit of data (ulimit -d)"),
    ]
    var limits: [(bytes: Int, limit: String)] = []
    for (kind, column, words) in kinds {
      var limit = rlimit()
      guard getrlimit(__rlimit_resource_t(UInt32(kind.rawValue)), &limit) == 0, limit.rlim_cur < 1 << 60 else { continue }
      let pages = text("/proc/self/statm").split(separator: " ").map { Int($0) ?? 0 }
      let used = pages.count > column ? pages[column] * Int(getpagesize()) : 0
      limits.append((max(0, Int(limit.rlim_cur) - used - reserve), words))
    }
    return limits
  }

  /// The number of processes of this job on this host, as Open MPI's mpirun or Slurm's srun state it; 1 for a program started
  /// alone.
  static func ranksOnHost(_ environment: [String: String]) -> Int {
    if let text = environment["OMPI_COMM_WORLD_LOCAL_SIZE"], let count = Int(text), count > 0 { return count }
    // The form is `4(x2),3`: the number on each host of the step. It isn't said which of them is this host, so the largest
    // counts.
    guard environment["PMIX_RANK"] != nil, let text = environment["SLURM_STEP_TASKS_PER_NODE"] else { return 1 }
    let counts = text.split(separator: ",").compactMap { Int($0.prefix { $0 != "(" }) }
    return max(1, counts.max() ?? 1)
  }

  // MARK: - Files of the kernel

  private static func text(_ path: String) -> String {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  private static func number(_ text: String) -> Int? { Int(text.trimmingCharacters(in: .whitespacesAndNewlines)) }

  /// Reads lines of a name and a number.
  private static func fields(_ text: String) -> [String: Int] {
    var fields: [String: Int] = [:]
    for line in text.split(separator: "\n") {
      let words = line.split { $0 == " " || $0 == ":" || $0 == "\t" }
      if words.count >= 2, let value = Int(words[1]) { fields[String(words[0])] = value }
    }
    return fields
  }
}
