import TestSupport
import Testing

@testable import Cluster

@Suite struct LauncherTests {
  @Test(
    "Processes that know nothing of each other are recognised, with what started them",
    arguments: [
      ([:], nil),
      (["SLURM_STEP_ID": "0", "SLURM_PROCID": "1", "SLURM_NTASKS": "4"], .srun),
      (["SLURM_STEP_ID": "4294967291", "SLURM_PROCID": "0", "SLURM_NTASKS": "4"], nil),
      (["PMI_RANK": "0", "PMI_SIZE": "2"], .foreign("MPICH's mpirun (Hydra)")),
      (["PMI_RANK": "1", "PMI_SIZE": "2", "I_MPI_MPIRUN": "mpirun"], .foreign("Intel MPI's mpirun")),
      (["PMI_RANK": "0", "PMI_SIZE": "1"], nil),
      (["PMI_RANK": "1", "PMI_SIZE": "2", "OMPI_COMM_WORLD_SIZE": "2"], nil),
      (["MPIRUN_RANK": "0", "MPIRUN_NPROCS": "8"], .foreign("MVAPICH's mpirun_rsh")),
    ] as [([String: String], DisconnectedRanksError.Launcher?)])
  func disconnected(environment: [String: String], launcher: DisconnectedRanksError.Launcher?) {
    #expect(Launch(environment: environment).disconnected?.launcher == launcher)
  }
}
