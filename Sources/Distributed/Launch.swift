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

/// One of several processes that were started without telling MPI that they belong together: each takes itself for a job of one
/// rank. They would all do all of the work, and write over each other's files.
public struct DisconnectedRanksError: ExitCoded, Equatable, CustomStringConvertible {
  /// What started them.
  public enum Launcher: Sendable, Hashable {
    /// `srun` without PMIx.
    case srun
    /// Another MPI's mpirun, by name.
    case foreign(String)
  }

  public let launcher: Launcher
  /// The number of processes.
  public let tasks: Int
  /// This process's number among them.
  public let task: Int

  public var exitCode: Int32 { ExitCode.wrongUse }

  /// Nil unless the environment is that of one of several such processes.
  init?(environment: [String: String]) {
    guard let (launcher, tasks, task) = Self.srun(environment) ?? Self.foreign(environment), tasks > 1 else { return nil }
    (self.launcher, self.tasks, self.task) = (launcher, tasks, task)
  }

  private static func srun(_ environment: [String: String]) -> (Launcher, Int, Int)? {
    // Steps from 0xfffffff0 on are Slurm's own: the batch script (…fb), and the shell of salloc (…fa).
    guard let step = environment["SLURM_STEP_ID"].flatMap(UInt32.init), step < 0xffff_fff0,
      let task = environment["SLURM_PROCID"].flatMap({ Int($0) }),
      let tasks = (environment["SLURM_STEP_NUM_TASKS"] ?? environment["SLURM_NTASKS"]).flatMap({ Int($0) })
    else { return nil }
    return (.srun, tasks, task)
  }

  /// What the launchers of other MPI libraries say to their processes: the number of all, and the own one.
  private static let variables: [(size: String, rank: String, name: String)] = [
    ("MPIRUN_NPROCS", "MPIRUN_RANK", "MVAPICH's mpirun_rsh"), ("MV2_COMM_WORLD_SIZE", "MV2_COMM_WORLD_RANK", "MVAPICH's mpirun"),
    ("PMI_SIZE", "PMI_RANK", "MPICH's mpirun (Hydra)"), ("PALS_SIZE", "PALS_RANKID", "Cray's PALS"),
  ]

  private static func foreign(_ environment: [String: String]) -> (Launcher, Int, Int)? {
    for (size, rank, name) in variables {
      guard let tasks = environment[size].flatMap({ Int($0) }), let task = environment[rank].flatMap({ Int($0) }) else {
        continue
      }
      // Intel's is a Hydra too.
      let isIntel = size == "PMI_SIZE" && environment.keys.contains { $0.hasPrefix("I_MPI_") }
      return (.foreign(isIntel ? "Intel MPI's mpirun" : name), tasks, task)
    }
    return nil
  }

  public var description: String {
    switch launcher {
    case .srun:
      "srun started \(tasks) tasks, but each of them sees itself as the only rank: use srun --mpi=pmix, "
        + "or mpirun inside the allocation (srun --mpi=list shows what this Slurm has)"
    case .foreign(let name):
      "\(name) started \(tasks) processes, but this program is built with Open MPI, and each of them sees itself as the only "
        + "rank: use Open MPI's mpirun (`mpirun --version` says whose it is), or ./launch.sh --ranks \(tasks)"
    }
  }
}
