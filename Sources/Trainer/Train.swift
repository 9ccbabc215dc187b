import Cluster

/// Trains as the job says, on all ranks of the communicator.
///
/// - Parameter watch: called on rank 0 alone.
/// - Throws: `JobError`, `DataError`, `CheckpointError`, `NetworkError`, `MPIError`; what was saved before stays.
/// - Note: collective
public func train(
  _ job: TrainingJob, communicator: Communicator, watch: @escaping @Sendable (TrainingEvent) -> Void = { _ in }
) throws -> TrainingOutcome {
  var job = job
  let watch: @Sendable (TrainingEvent) -> Void = communicator.rank == 0 ? watch : { @Sendable (_: TrainingEvent) in }
  StopRequest.answer(
    by: .end("stopped on request before any update of this start; what was saved before is whole, and the same command goes on"))
  let start = try TrainingStart(&job, communicator: communicator, watch: watch)
  return try TrainingLoop(job, start, communicator: communicator, watch: watch).run()
}
