import Cluster
import ConvNet
import Foundation
import Images
import Report

/// Where a run starts from.
public enum Resume: Sendable, Hashable {
  /// From the newest whole checkpoint of the run folder, if it has one.
  case auto
  /// From this checkpoint.
  case file(String)
  /// Anew; the run folder must hold no checkpoint.
  case none
}

/// What `train` is asked to do.
public struct TrainingJob: Sendable {
  public var options = TrainingOptions()
  /// The side of the crops and the shorter side of the resized pictures; by default they follow from the network.
  public var crop: Int?
  public var shorterSide: Int?
  public var data: String
  public var run: RunFolder
  public var resume = Resume.auto
  public var allowChangedOptions = false
  public var checkpointEvery = CheckpointInterval.epochs(1)
  public var keep = 3
  /// The most pictures that a rank computes at once; nil for all of its part of the batch.
  public var microBatch: Int?
  /// Stop after this many updates, as if the run were interrupted there.
  public var maxSteps: Int?
  /// What computes; `options` record the choices.
  public var compute = ComputeSettings()
  /// Threads of each rank that load pictures ahead; nil for as many as the measured pace of loading and computing asks for.
  public var loaderThreads: Int?
  /// Decoded training pictures are kept in memory, those that come first, up to so many bytes; of validation a quarter more.
  public var cacheBytes = 1 << 30
  public var commandLine: [String] = []
  /// Write event files for TensorBoard too.
  public var writesEvents = false

  public init(data: String, run: RunFolder) {
    self.data = data
    self.run = run
  }
}

extension TrainingJob {
  /// All ranks have to take the same branches, and the options select them.
  ///
  /// - Throws: `JobError` naming a rank that was started with other options than rank 0.
  /// - Note: collective
  func requireSameOnAllRanks(_ communicator: Communicator) throws {
    let own = try [
      "options": options.json(), "--max-steps": "\(maxSteps ?? 0)", "--micro-batch": "\(microBatch ?? 0)",
      "--crop": "\(crop ?? 0)", "--shorter-side": "\(shorterSide ?? 0)", "--resume": "\(resume)", "--run": run.path,
    ]
    let first: [String: String] = try communicator.broadcast(own)
    let other = own.keys.sorted().first { own[$0] != first[$0] }
    let all = try communicator.allGather(other.map { "\($0): \(own[$0] ?? "") instead of \(first[$0] ?? "")" } ?? "")
    if let rank = all.firstIndex(where: { !$0.isEmpty }) {
      throw JobError.wrongUse("rank \(rank) was started with other options than rank 0, \(all[rank]); start all ranks alike")
    }
  }
}

/// What a run tells whoever watches it, on rank 0.
public enum TrainingEvent: Sendable {
  /// A sentence about the start: data, network, what was resumed.
  case note(String)
  /// The mean picture in the making: pictures of this rank.
  case mean(done: Int, total: Int)
  case step(StepMetrics, totalSteps: Int)
  case epoch(EpochMetrics)
  case checkpoint(path: String, isBest: Bool)
  /// Something that a person should look at.
  case warning(String, step: Int)
}

/// How a run ended.
public struct TrainingOutcome: Sendable {
  public let steps: Int
  public let isFinished: Bool
  /// Somebody asked it to stop; the work is saved.
  public let wasStopped: Bool
  /// The whole checkpoint of `steps`; nil if this start wrote none, because there was no update to make.
  public let checkpoint: String?
  /// The validation error of what `best.h5` points to; nil if there is no such link.
  public let bestTop1Error: Double?
  /// A lower error that the run reached, but whose checkpoint couldn't be written.
  public let lostTop1Error: Double?
  public let seconds: Double
}
