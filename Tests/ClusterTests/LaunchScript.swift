import Foundation
import TestSupport

let launchScript = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent().appending(path: "launch.sh").path

/// Starts launch.sh, with rank-checks in the place of the program and outside of every batch job.
func launch(_ arguments: [String], environment: [String: String] = [:]) throws -> RunningProcess {
  var variables = [
    "DEEPINSIDE_PROGRAM": try builtTool("rank-checks"), "DEEPINSIDE_LAUNCHER": try builtTool("deepinside-launch"),
  ]
  for name in [
    "SLURM_JOB_ID", "SLURM_NTASKS", "SLURM_JOB_NUM_NODES", "SLURM_CPUS_PER_TASK", "SLURM_CPUS_ON_NODE", "SLURM_TASKS_PER_NODE",
    "SLURM_JOB_CPUS_PER_NODE", "SLURMD_NODENAME", "PBS_NODEFILE", "LD_LIBRARY_PATH", "HDF5_USE_FILE_LOCKING", "OMPI_MCA_btl",
  ] { variables[name] = "" }
  return try RunningProcess([launchScript] + arguments, environment: variables.merging(environment) { $1 })
}
