import Cluster

/// Trains as the job says, on all ranks of the communicator.
///
/// - Parameter watch: called on rank 0 alone.
/// - Throws: `TrainingError`, `DataError`, `CheckpointError`, `NetworkError`, `MPIError`; what was saved before stays.
/// - Note: collective
public func train(
  _ job: TrainingJob, communicator: Communicator, watch: @escaping @Sendable (TrainingEvent) -> Void = { _ in }
) throws -> TrainingOutcome {
  var job = job
  let watch: @Sendable (TrainingEvent) -> Void = communicator.rank == 0 ? watch : { @Sendable (_: TrainingEvent) in }
  let mark = try FirstUpdateMark(job.run, communicator)
  let stopped = "stopped on request before any update of this start; what was saved before is whole, and the same command goes on"
  StopRequest.answer(by: mark.mustUpdate ? .job : .end(stopped))
  do {
    let start = try TrainingStart(&job, communicator: communicator, watch: watch)
    return try TrainingLoop(job, start, mark: mark, communicator: communicator, watch: watch).run()
  } catch {
    // Who ends by an error of its own doesn't come again by itself.
    if communicator.rank == 0, ExitCode.of(error) != ExitCode.stoppedOnRequest { mark.remove() }
    throw error
  }
}
