import Foundation
import Kernels
import Launching
import TestSupport
import Testing

/// What the quotas of control groups are worth, counted by the program and by the launcher.
@Suite struct ProcessorCountTests {
  private static let unified = "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n"
  private static let classic =
    "cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,cpu,cpuacct 0 0\ncgroup /sys/fs/cgroup/cpuset cgroup rw,cpuset 0 0\n"

  @Test(
    "A quota counts as the processors that it is worth, rounded up, wherever on the way to the root it is set",
    arguments: [
      ("0::/\n", unified, [:], 0),
      ("0::/\n", unified, ["/sys/fs/cgroup/cpu.max": "200000 100000"], 2),
      (
        "0::/job/step\n", unified,
        ["/sys/fs/cgroup/job/step/cpu.max": "max 100000", "/sys/fs/cgroup/job/cpu.max": "250000 100000"], 3
      ),
      (
        "0::/job/step\n", unified,
        ["/sys/fs/cgroup/job/step/cpu.max": "50000 100000", "/sys/fs/cgroup/job/cpu.max": "400000 100000"], 1
      ),
      // In a container the path is the host's, and what is mounted is its own group.
      ("0::/kubepods/pod7/c1\n", unified, ["/sys/fs/cgroup/cpu.max": "400000 100000"], 4),
      (
        "4:cpu,cpuacct:/docker/a1\n2:cpuset:/\n0::/\n", classic,
        [
          "/sys/fs/cgroup/cpu,cpuacct/docker/a1/cpu.cfs_quota_us": "150000",
          "/sys/fs/cgroup/cpu,cpuacct/docker/a1/cpu.cfs_period_us": "50000",
        ], 3
      ),
      (
        "4:cpu,cpuacct:/docker/a1\n", classic,
        [
          "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1", "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000",
        ], 0
      ),
      // The group of cpuset is no group of cpu.
      (
        "4:cpuset:/a\n", classic,
        ["/sys/fs/cgroup/cpuset/a/cpu.cfs_quota_us": "100000", "/sys/fs/cgroup/cpuset/a/cpu.cfs_period_us": "100000"], 0
      ),
      ("nonsense\n", "nonsense\n", [:], 0),
    ] as [(String, String, [String: String], Int32)])
  func quota(groups: String, mounts: String, files: [String: String], processors: Int32) throws {
    let folder = try TemporaryFolder()
    for (path, text) in files.merging(["/proc/self/cgroup": groups, "/proc/self/mounts": mounts], uniquingKeysWith: { $1 }) {
      let file = URL(fileURLWithPath: folder.path + path)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try (text + "\n").write(to: file, atomically: false, encoding: .utf8)
    }
    #expect(kernels_quota_processors(folder.path) == processors)
    #expect(Processors(root: folder.path).quota ?? 0 == Int(processors))
  }
}
