import Testing

@testable import Launching

@Suite struct OpenMPITests {
  @Test(
    "The version is read from what mpirun says of itself",
    arguments: [
      ("mpirun (Open MPI) 4.1.4\n\nReport bugs to …", 4), ("mpirun (Open MPI) 5.0.7", 5), ("mpirun (Open MPI) 10.1", 5), ("", 4),
      ("HYDRA build details:\n(x) 5.0", 4),
    ])
  func version(text: String, major: Int) { #expect(OpenMPI(versionText: text).major == major) }

  @Test(
    "Another MPI's mpirun is named, with what to do",
    arguments: [
      ("HYDRA build details:\n    Version: 4.0.2", "mpirun is MPICH's Hydra (/bin/mpirun), "),
      ("Intel(R) MPI Library for Linux* OS, Version 2021.9 Build 20230306", "mpirun is Intel MPI's (/bin/mpirun), "),
      ("mpirun of MVAPICH2", "mpirun is MVAPICH's (/bin/mpirun), "),
      ("some other thing 1.0\nmore", "mpirun (/bin/mpirun) is not Open MPI's: it says 'some other thing 1.0'; "),
    ])
  func others(text: String, beginning: String) throws {
    let complaint = try #require(OpenMPI.complaint(versionText: text, path: "/bin/mpirun"))
    #expect(
      complaint.code == 3 && complaint.message.hasPrefix(beginning) && complaint.message.contains("module load openmpi"),
      "\(complaint)")
  }

  @Test("Open MPI's own is accepted", arguments: ["mpirun (Open MPI) 4.1.4", "mpirun (OpenRTE) 2.1", "prterun (PRRTE) 3", ""])
  func own(text: String) { #expect(OpenMPI.complaint(versionText: text, path: "mpirun") == nil) }
}
