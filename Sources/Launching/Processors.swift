/// The processors of this host, as far as this process may use them.
package struct Processors: Sendable {
  /// Stands before all paths that are read: empty but in tests.
  private let root: String

  package init(root: String = "") { self.root = root }

  /// The cores that this process may run on, or nil if this system doesn't tell. Hardware threads of one core count once: they share the
  /// vector units.
  package var allowedCores: Int? {
    let status = text(ofFile: "\(root)/proc/self/status") ?? ""
    guard let list = status.lines.first(where: { $0.hasPrefix("Cpus_allowed_list:") })?.words.last else { return nil }
    let cores = Self.numbers(list).compactMap {
      text(ofFile: "\(root)/sys/devices/system/cpu/cpu\($0)/topology/thread_siblings_list")
    }
    return cores.isEmpty ? nil : Set(cores).count
  }

  /// The processors that the quota of this process's control group, or of one above it, is worth, rounded up; nil without any. The
  /// program counts likewise (Sources/Kernels/processors.c).
  package var quota: Int? {
    var unified = ""
    var classic = ""
    for line in (text(ofFile: "\(root)/proc/self/cgroup") ?? "").lines {
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      if parts[1].isEmpty { unified = String(parts[2]) }
      if parts[1].split(separator: ",").contains("cpu") { classic = String(parts[2]) }
    }
    var least: Int?
    for line in (text(ofFile: "\(root)/proc/self/mounts") ?? "").lines {
      let fields = line.words
      guard fields.count > 3 else { continue }
      let isUnified = fields[2] == "cgroup2"
      guard isUnified || fields[2] == "cgroup" && fields[3].split(separator: ",").contains("cpu") else { continue }
      for group in Self.groups(from: isUnified ? unified : classic) {
        guard let quota = quota(ofGroup: "\(root)\(fields[1])\(group)") else { continue }
        least = min(least ?? quota, quota)
      }
    }
    return least
  }

  /// A group and those above it. In a container the path may be that of the host, of which only the root is to be seen.
  private static func groups(from path: String) -> [String] {
    let names = path.split(separator: "/")
    return (0...names.count).reversed().map { names.prefix($0).map { "/\($0)" }.joined() }
  }

  /// Source: cgroups(7) and the kernel's sched-bwc: `max 100000`, or a quota and a period in files of their own, the quota -1 for none.
  private func quota(ofGroup folder: String) -> Int? {
    let numbers =
      text(ofFile: "\(folder)/cpu.max")?.words
      ?? ["cpu.cfs_quota_us", "cpu.cfs_period_us"].compactMap { text(ofFile: "\(folder)/\($0)")?.words.first }
    guard numbers.count > 1, let quota = Int(numbers[0]), let period = Int(numbers[1]), quota > 0, period > 0 else { return nil }
    return (quota - 1) / period + 1
  }

  /// Source: proc(5), `0-3,8`.
  static func numbers(_ list: String) -> [Int] {
    list.split(separator: ",").flatMap { part -> [Int] in
      let ends = part.split(separator: "-").compactMap { Int($0) }
      guard let first = ends.first, let last = ends.last, first <= last else { return [] }
      return Array(first...last)
    }
  }
}
