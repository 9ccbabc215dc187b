import Files
import Foundation
import Synchronization

/// What this process is busy with. The watchdog finds ranks that are late by it, and error messages say where an error happened.
///
/// Any thread may report it; that costs two stores. A process that reports nothing is never taken to be stuck.
public enum Activity {
  /// What a rank can be busy with.
  public enum Phase: Int, Sendable {
    /// The start and the end of the program, of which no progress is expected.
    case unknown
    case loading, computing, exchanging, evaluating, saving, item
    /// Rank 0 does something alone, and this rank waits for it; see `Communicator.onFirst`.
    case waitingForFirst
    case listing, reading, mean, cutting, drawing
    /// The storage is away, and is waited for; see `StoragePatience`.
    case waitingForStorage

    /// Whether a rank that is busy with it waits for other ranks, and is not to blame for making no progress.
    var isWaitingForRanks: Bool { self == .exchanging || self == .waitingForFirst }

    var description: String {
      switch self {
      case .unknown: "starting or ending"
      case .loading: "waiting for pictures"
      case .computing: "computing"
      case .exchanging: "waiting for the other ranks"
      case .evaluating: "evaluating"
      case .saving: "saving"
      case .item: "working on an item"
      case .waitingForFirst: "waiting for what rank 0 does alone"
      case .listing: "listing pictures"
      case .reading: "reading the network or the lists"
      case .mean: "making the mean picture"
      case .cutting: "cutting objects out"
      case .drawing: "drawing pages and pictures"
      case .waitingForStorage: "waiting for the storage"
      }
    }
  }

  /// One moment of a rank.
  struct State: Equatable {
    var phase = Phase.unknown
    var step = 0
    /// Grows with every sign of progress.
    var progress = 0

    var description: String { step > 0 ? "step \(step), \(phase.description)" : phase.description }
  }

  private static let phase = Atomic(0)
  private static let step = Atomic(0)
  private static let progress = Atomic(0)

  /// Says that a phase begins, or that the present one makes progress.
  ///
  /// - Parameter step: the update or iteration, from 1 on; 0 where there is none.
  public static func enter(_ phase: Phase, step: Int = 0) {
    self.phase.store(phase.rawValue, ordering: .relaxed)
    self.step.store(step, ordering: .relaxed)
    progress.wrappingAdd(1, ordering: .relaxed)
  }

  /// Says that the present phase makes progress: an item of many is done.
  public static func advance() { progress.wrappingAdd(1, ordering: .relaxed) }

  /// Runs `body` as a phase of its own, after which the present one goes on.
  public static func during<Value, Failure: Error>(
    _ phase: Phase, _ body: () throws(Failure) -> Value
  ) throws(Failure) -> Value {
    let before = said
    enter(phase, step: before.step)
    defer { enter(before.phase, step: before.step) }
    return try body()
  }

  /// Notes that `MPIRuntime.run` was called on this thread: what other threads wait for says nothing of the rank.
  private static let mainThread = Atomic<UInt>(0)

  static func markMainThread() { mainThread.store(pthread_self(), ordering: .relaxed) }

  /// Runs a call that waits for other ranks. On other threads than the main one it is a call like any other.
  static func exchanging<Value, Failure: Error>(_ body: () throws(Failure) -> Value) throws(Failure) -> Value {
    guard mainThread.load(ordering: .relaxed) == pthread_self() else { return try body() }
    return try during(.exchanging, body)
  }

  /// What was said last.
  static var said: State {
    State(
      phase: Phase(rawValue: phase.load(ordering: .relaxed)) ?? .unknown, step: step.load(ordering: .relaxed),
      progress: progress.load(ordering: .relaxed))
  }

  /// What is going on. Waiting for the storage is a phase of its own, and progress.
  static var current: State {
    var state = said
    if StoragePatience.isWaiting { state.phase = .waitingForStorage }
    state.progress &+= StoragePatience.signsOfLife
    return state
  }

  /// ` (at step 120, computing)`, empty where there is nothing to say.
  static var suffix: String {
    let state = current
    return state.phase == .unknown ? "" : " (at \(state.description))"
  }
}
