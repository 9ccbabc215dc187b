import Foundation

/// How this process was started, as far as its environment tells.
package struct Launch {
  /// Whether mpirun or srun started this process as a rank of a job; false for a program started by hand.
  package let isRankOfJob: Bool
  /// Set if this is one of several processes that srun started without telling MPI that they belong together.
  package let disconnected: DisconnectedRanksError?

  /// - Parameter environment: as it was before MPI started, which adds to it.
  package init(environment: [String: String]) {
    isRankOfJob = environment["OMPI_COMM_WORLD_SIZE"] != nil || environment["PMIX_RANK"] != nil
    disconnected = isRankOfJob ? nil : DisconnectedRanksError(environment: environment)
  }
}

/// `srun` without PMIx starts N processes of which each takes itself for a job of one rank: they would all do all of the work,
/// and write over each other's files.
public struct DisconnectedRanksError: ExitCoded, Equatable, CustomStringConvertible {
  /// The number of tasks of the job step.
  public let tasks: Int
  /// This process's number among them.
  public let task: Int

  public var exitCode: Int32 { ExitCode.wrongUse }

  /// Nil unless the environment is that of one of several tasks of an srun step.
  init?(environment: [String: String]) {
    // Steps from 0xfffffff0 on are Slurm's own: the batch script (…fb), and the shell of salloc (…fa).
    guard let step = environment["SLURM_STEP_ID"].flatMap(UInt32.init), step < 0xffff_fff0,
      let task = environment["SLURM_PROCID"].flatMap({ Int($0) }),
      let tasks = (environment["SLURM_STEP_NUM_TASKS"] ?? environment["SLURM_NTASKS"]).flatMap({ Int($0) }), tasks > 1
    else { return nil }
    (self.tasks, self.task) = (tasks, task)
  }

  public var description: String {
    "srun started \(tasks) tasks, but each of them sees itself as the only rank: use srun --mpi=pmix, "
      + "or mpirun inside the allocation (srun --mpi=list shows what this Slurm has)"
  }
}
