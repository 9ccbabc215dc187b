/// The allocation of a Slurm job, as Slurm describes it in variables.
///
/// Source: sbatch(1), "Output environment variables"; seen with 22.05 and 24.11.
package struct SlurmAllocation: Equatable, Sendable {
  package let nodes: Int
  /// The tasks that were asked for; nil if none were.
  let tasks: Int?
  let processorsPerTask: Int?
  /// The tasks on each node.
  let tasksPerNode: [Int]
  /// The processors on each node, as Slurm counts them: cores, or hardware threads; nil if it doesn't say.
  let processorsPerNode: [Int]?
  /// The processors of the job on this node.
  let processorsHere: Int?
  /// True on a node of the allocation, false where `salloc` was called.
  let isOnNode: Bool

  /// nil outside of a job.
  package init?(_ variables: Variables) {
    guard variables["SLURM_JOB_ID"] != nil else { return nil }
    nodes = max(variables.number("SLURM_JOB_NUM_NODES") ?? 1, 1)
    tasks = variables.number("SLURM_NTASKS")
    processorsPerTask = variables.number("SLURM_CPUS_PER_TASK")
    tasksPerNode = Self.expand(variables["SLURM_TASKS_PER_NODE"] ?? "")
    processorsPerNode = variables["SLURM_JOB_CPUS_PER_NODE"].map(Self.expand)
    processorsHere = variables.number("SLURM_CPUS_ON_NODE")
    isOnNode = variables["SLURMD_NODENAME"] != nil
  }

  /// The numbers of a short list: `8(x2),4` is 8, 8 and 4.
  static func expand(_ list: String) -> [Int] {
    list.split(separator: ",").flatMap { item -> [Int] in
      guard let match = item.wholeMatch(of: /([0-9]{1,9})(?:\(x([0-9]{1,6})\))?/), let number = Int(match.1) else { return [] }
      return Array(repeating: number, count: match.2.flatMap { Int($0) } ?? 1)
    }
  }
}
