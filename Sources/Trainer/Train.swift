import Cluster

/// Trains as the job says, on all ranks of the communicator.
///
/// - Parameter watch: called on rank 0 alone.
/// - Throws: `TrainingError`, `DataError`, `CheckpointError`, `NetworkError`, `MPIError`; what was saved before stays.
/// - Note: collective
public func train(
  _ job: TrainingJob, communicator: Communicator, watch: @escaping (TrainingEvent) -> Void = { _ in }
) throws -> TrainingOutcome {
  var job = job
  StopRequest.install()
  let watch = communicator.rank == 0 ? watch : { _ in }
  let start = try TrainingStart(&job, communicator: communicator)
  for note in start.notes { watch(.note(note)) }
  return try TrainingLoop(job, start, communicator: communicator, watch: watch).run()
}
