import Foundation
import TestSupport
import Testing

@testable import Sizes

@Suite struct MemoryBudgetTests {
  private let gigabyte = 1 << 30

  private func budget(_ gigabytes: Int, ranks: Int = 1, process: Int? = nil) -> MemoryBudget {
    let own = process.map { [(bytes: $0 << 30, limit: "under the process's limit")] } ?? []
    return MemoryBudget(
      MemoryLimits(shared: [(gigabytes << 30, "of the host's memory"), (gigabytes << 31, "under the group's limit")]),
      ranks: ranks,
      ofProcess: { own })
  }

  @Test(
    "What is more than there is, or can't be counted, is refused with both numbers and the limit",
    arguments: [
      (9, 1, nil, "it takes 9 GiB, 8 GiB can be had of the host's memory"),
      (5, 2, nil, "it takes 5 GiB, 4 GiB can be had of the host's memory, as one of 2 ranks on this host"),
      (3, 1, 2, "it takes 3 GiB, 2 GiB can be had under the process's limit"),
      (nil, 1, nil, "it takes more than 8 EiB"),
    ] as [(Int?, Int, Int?, String)])
  func refused(gigabytes: Int?, ranks: Int, process: Int?, words: String) {
    let budget = budget(8, ranks: ranks, process: process)
    let error = #expect(throws: MemoryError.self) {
      try budget.require(gigabytes.map { $0 << 30 }, .batch, for: "7 pictures at once")
    }
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "nothing")")
    #expect(error?.description.contains("7 pictures at once") == true && error?.cause == .batch)
  }

  @Test("What is taken isn't there for others until it is given back") func taken() throws {
    let budget = budget(8)
    try budget.take(5 * gigabyte, .batch, for: "a")
    try budget.require(3 * gigabyte, .batch, for: "b")
    #expect(throws: MemoryError.self) { try budget.take(4 * gigabyte, .batch, for: "c") }
    budget.release(5 * gigabyte)
    try budget.take(8 * gigabyte, .batch, for: "d")
  }

  @Test("Free memory is the host's, and what every control group above the process leaves") func limits() throws {
    let folder = try TemporaryFolder()
    func write(_ file: String, _ text: String) throws {
      let path = folder.path(file)
      try FileManager.default.createDirectory(
        atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }
    try write("proc/meminfo", "MemTotal:  9000 kB\nMemAvailable:    5000 kB\nSwapFree:  24 kB\n")
    try write("proc/self/cgroup", "0::/job/step\n")
    try write("sys/fs/cgroup/job/step/memory.max", "max\n")
    try write("sys/fs/cgroup/job/step/memory.current", "1000\n")
    try write("sys/fs/cgroup/job/memory.max", "4000000\n")
    try write("sys/fs/cgroup/job/memory.current", "3000000\n")
    try write("sys/fs/cgroup/job/memory.stat", "anon 2500000\nfile 500000\n")
    let found = MemoryLimits.ofHost(root: folder.path("").replacing(/\/$/, with: "")).shared.map(\.bytes)
    #expect(found == [5024 * 1024, 1_500_000])
  }

  @Test(
    "The ranks on a host are those that the launcher says",
    arguments: [
      ([:], 1), (["OMPI_COMM_WORLD_LOCAL_SIZE": "3"], 3), (["OMPI_COMM_WORLD_LOCAL_SIZE": "-3"], 1),
      (["PMIX_RANK": "0", "SLURM_STEP_TASKS_PER_NODE": "4(x2),3"], 4), (["SLURM_STEP_TASKS_PER_NODE": "4(x2),3"], 1),
    ] as [([String: String], Int)])
  func ranks(environment: [String: String], count: Int) { #expect(MemoryLimits.ranksOnHost(environment) == count) }

  @Test("A host has memory, and a process can say so") func here() {
    #expect(MemoryLimits.ofHost().shared.allSatisfy { $0.bytes > 0 } && !MemoryLimits.ofHost().shared.isEmpty)
  }
}
