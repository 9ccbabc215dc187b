import CMPI
import Foundation

/// The start and the end of MPI in this process.
public enum MPIRuntime {
  /// Runs `body` as one rank of the job: starts MPI, runs it, ends MPI.
  ///
  /// An error that `body` throws ends the whole job with the error's message and exit code; in a job of several ranks this
  /// function then doesn't return (see `Communicator.abort`). A program started without mpirun is a job of one rank.
  ///
  ///     exit(MPIRuntime.run { communicator in try train(communicator) })
  ///
  /// - Parameters:
  ///   - stalls: how long a rank may make no progress; see `Activity`.
  ///   - body: the program; it gets the communicator of all ranks.
  /// - Returns: the code to exit with: 0 if `body` returned, that of an `ExitCoded` error, 1 for any other.
  /// - Note: collective, once a process.
  public static func run(stalls: StallLimits = StallLimits(), _ body: (Communicator) throws -> Void) -> Int32 {
    let launch = Launch(environment: ProcessInfo.processInfo.environment)
    if let error = launch.disconnected {
      // All tasks find the same and know nothing of each other: only the first one reports it.
      if error.task == 0 { writeToStandardError("deepinside: \(error)\n") }
      return error.exitCode
    }
    SignalThread.shared.startIfNeeded()
    WorkInFlight.setLimit(stalls.limit)
    let communicator: Communicator
    do {
      communicator = try start()
      SignalThread.shared.joined(communicator)
    } catch {
      writeToStandardError("deepinside: \(error)\n")
      return ExitCode.failure
    }
    var watchdog: Watchdog?
    do {
      Activity.markMainThread()
      // Also for one rank: it can hang while it reads a file.
      watchdog = try Watchdog(communicator, limits: stalls)
      try body(communicator)
      try watchdog?.finish()
      watchdog = nil
      try MPIHandle.freeReleased(communicator)
      SignalThread.shared.isOver()
      let isFirst = communicator.rank == 0
      try finish()
      if isFirst { DoneSign.give() }
      return 0
    } catch {
      let message = sentence(for: error)
      // Rank 0 reports the error of its own work, however late: the others wait for that.
      let patience: Double? = error is FirstRankError ? 60 : nil
      if launch.isRankOfJob {
        communicator.abort(afterOthers: true, patience: patience, message, exitCode: ExitCode.of(error))
      }
      // By hand there is no job to end; MPI's own end of one would only add noise.
      communicator.announce(message)
      WorkInFlight.finish { communicator.announce($0) }
      SignalThread.shared.isOver()
      watchdog?.end()
      try? finish()
      return ExitCode.of(error)
    }
  }

  /// Starts MPI for any number of threads.
  ///
  /// Source: `MPI_Init_thread`, MPI-3.1 section 12.4.3.
  private static func start() throws(MPIError) -> Communicator {
    // Unless it is told which one to use, Open MPI opens every network library that it has: 0.3 s instead of less than 0.1 s.
    setenv("OMPI_MCA_pml", "ob1", 0)
    // The communication thread shares cores with those that compute.
    setenv("OMPI_MCA_mpi_yield_when_idle", "1", 0)
    // With a single connection between two hosts, data in one direction waits for data in the other: half of the bandwidth is lost.
    setenv("OMPI_MCA_btl_tcp_links", "2", 0)
    var provided: Int32 = 0
    try check(
      MPI_Init_thread(nil, nil, Int32(MPI_THREAD_MULTIPLE), &provided), "MPI_Init_thread", "starting MPI")
    guard provided >= Int32(MPI_THREAD_MULTIPLE) else {
      throw MPIError(
        call: "MPI_Init_thread", doing: "starting MPI",
        reason: "this build of the library allows calls from one thread only, and MPI_THREAD_MULTIPLE is needed")
    }
    return try Communicator(handle: cmpi_comm_world())
  }

  /// Ends MPI; waits for the other ranks.
  ///
  /// Source: `MPI_Finalize`, MPI-3.1 section 8.7.
  private static func finish() throws(MPIError) { try check(MPI_Finalize(), "MPI_Finalize", "ending MPI") }
}
