import ConvNet
import Files
import Foundation
import Sizes
import Synchronization
import Threads

/// Writes the checkpoints of a run on its own thread, from a copy: training waits only while the copy is made.
///
///     writer.start(contents, copying: store, isBest: false, team: team)      // training goes on
///     for outcome in writer.takeOutcomes() { … }                             // now and then
///     writer.wait()                                                          // before the end
///
/// Only one checkpoint is in flight: `start` waits for the one before. The copy is as large as values and what the training keeps together; it
/// is made once and kept. A checkpoint with values that are no finite numbers is refused: it must not replace a good one. Only
/// one thread may use the writer. Other threads may use HDF5 meanwhile, but their calls wait for each other.
public final class CheckpointWriter: @unchecked Sendable {
  // Unchecked, because `copy` and `contents` belong to the writer's thread while a checkpoint is in flight, and to the owner
  // otherwise.

  /// The result of writing one checkpoint.
  public struct Outcome: Sendable {
    public let step: Int
    public let isBest: Bool
    /// The file's path, or the reason why there is none; the earlier checkpoints are whole in both cases.
    public let result: Result<String, CheckpointError>
    /// The time in seconds that training waited: for the checkpoint before, if that was still in flight, and for the copy.
    public let waitSeconds: Double
    public let writeSeconds: Double
  }

  private let folder: CheckpointFolder
  private let copy: ParameterStore
  private var contents: (checkpoint: CheckpointContents, isBest: Bool)?
  private let inFlight = DispatchGroup()
  private let outcomes = Mutex<[Outcome]>([])

  /// - Parameter keeping: what the training keeps.
  /// - Throws: `MemoryError` if there isn't enough memory for the copy.
  public init(
    _ folder: CheckpointFolder, network: Network, keeping: Set<TrainingState> = [.velocity]
  ) throws(MemoryError) {
    self.folder = folder
    // Memory that is never written to, such as that of the copy's gradients, costs nothing.
    copy = try ParameterStore(network, keeping: keeping)
  }

  /// Copies the parameters, and starts writing them.
  public func start(_ contents: CheckpointContents, copying store: ParameterStore, isBest: Bool, team: ThreadTeam) {
    let start = ContinuousClock.now
    inFlight.wait()
    copy.copy(from: store, team: team)
    self.contents = (contents, isBest)
    write(waitSeconds: (ContinuousClock.now - start) / .seconds(1))
  }

  /// Starts writing the last checkpoint again, after it has failed.
  public func retry() {
    inFlight.wait()
    write(waitSeconds: 0)
  }

  /// Waits until nothing is in flight.
  public func wait() { inFlight.wait() }

  /// Waits until nothing is in flight, but at most so many seconds; returns true if nothing is. Any thread may call it.
  public func wait(atMost seconds: Double) -> Bool { inFlight.wait(timeout: .now() + seconds) == .success }

  /// The results of the checkpoints that were finished since the last call, in order.
  public func takeOutcomes() -> [Outcome] {
    outcomes.withLock { outcomes in
      defer { outcomes = [] }
      return outcomes
    }
  }

  private func write(waitSeconds: Double) {
    guard let (contents, isBest) = contents else { return }
    inFlight.enter()
    startThread("checkpoint") { [self] in
      // The threads of the training wait for the slowest of them, so this thread, which shares their processors, takes a lower
      // priority.
      _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
      let start = ContinuousClock.now
      let result = Result { () throws(CheckpointError) in
        if let parameter = copy.firstNonFinite {
          throw CheckpointError(
            .notFinite, "write", folder.file(step: contents.progress.step),
            "\(parameter.name) has values that are no finite numbers: the training has diverged")
        }
        return try folder.write(contents, store: copy, isBest: isBest).path
      }
      let outcome = Outcome(
        step: contents.progress.step, isBest: isBest, result: result, waitSeconds: waitSeconds,
        writeSeconds: (ContinuousClock.now - start) / .seconds(1))
      outcomes.withLock { $0.append(outcome) }
      inFlight.leave()
    }
  }
}
