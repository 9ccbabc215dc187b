import Checkpoint
import Cluster
import ConvNet
import Data
import Files
import Foundation
import Performance

/// All that a run needs before its first update: data, network, parameters, and how far they have come.
struct TrainingStart {
  let data: PreparedData
  let store: ParameterStore
  /// Where the fully connected layers are dealt out to the ranks.
  let shards: Shards?
  let progress: TrainingProgress
  let schedule: LearningRateSchedule
  let totalSteps: Int
  /// Of each rank.
  let hosts: [String]
  /// On rank 0 alone.
  let saver: RunSaver?
  /// The unreadable training pictures that this rank has met.
  let badFiles: BadFileReport
  /// On rank 0 alone.
  let badFileList: BadFileList?

  /// - Parameter watch: called on rank 0 alone.
  /// - Note: collective
  init(_ job: inout TrainingJob, communicator: Communicator, watch: @escaping @Sendable (TrainingEvent) -> Void) throws {
    try job.requireSameOnAllRanks(communicator)
    if job.options.reduction == .exact {
      job.options.exactMicroBatch = job.microBatch
      job.options.exactMicroBatch = try job.options.fixedMicroBatch(ranks: communicator.size)
    }
    for problem in Placement.problems(of: try communicator.placements(threads: job.compute.team.workers)) {
      watch(.note("slow: \(problem.text); \(problem.remedy)"))
    }
    try Self.awaitStorage(of: job)
    let set = try PictureSet(contentsOf: job.data, archivesKeptIn: job.run.path, communicator)
    guard !set.train.isEmpty else {
      throw JobError.badData(
        "\(job.data) has no training pictures; expected train/<wnid>/<picture>, or another form of docs/data.md"
          + (set.layout?.archivesBeside(.train) ?? ""))
    }
    try set.requireSameOnAllRanks(communicator)
    if let summary = set.summary { watch(.note(summary)) }
    for note in set.notes { watch(.note(note)) }
    watch(
      .note("\(set.classes.count) classes, \(set.train.count) training and \(set.val.count) validation pictures in \(job.data)"))

    let resolved = try ResolvedRun(job, classes: set.classes.count)
    job.options = resolved.options
    let network = resolved.network
    let folder = CheckpointFolder(job.run.checkpoints, keep: job.keep)
    let resumption = try Resumption(job, folder: folder, communicator: communicator, watch: watch)

    badFiles = BadFileReport(badFileLimit: job.options.badFileLimit, of: set.train.count, kind: "training")
    let badFileList = communicator.rank == 0 ? BadFileList(job.run.badFiles) : nil
    self.badFileList = badFileList
    store = try ParameterStore(network, keeping: job.options.recipe.keeps)
    if job.options.fullyConnected == .auto, Shards.obstacle(network, job.options, ranks: communicator.size) == nil {
      job.options.fullyConnected = try resumption?.fullyConnected(communicator) ?? .auto
    }
    shards = try Self.shards(of: store, job: job, communicator: communicator, watch: watch)
    if communicator.size > 1 { job.options.fullyConnected = shards == nil ? .replicated : .sharded }
    var mean: (values: [Float], colourAxes: [SIMD3<Float>])?
    var packedSide: Int?
    if let resumption {
      let found = try resumption.receive(into: store, shards, job: job, set: set, communicator: communicator, watch: watch)
      progress = found.progress
      mean = (found.mean, found.colourAxes.map { SIMD3($0) })
      packedSide = found.packedSide
      watch(.note("resumed from \(resumption.path) at step \(progress.step)"))
      StopRequest.say(
        "stopped on request at step \(progress.step); no update was made since \(resumption.path), and the same command continues"
      )
    } else {
      job.options.initialization.fill(store, seed: job.options.seed)
      progress = TrainingProgress(learningRate: LearningRateState(rate: job.options.learningRate), data: set.identity)
    }
    schedule = LearningRateSchedule(
      job.options, trainingPictures: set.train.count, state: resumption == nil ? nil : progress.learningRate)
    let steps = progress.step + job.options.updates(from: progress.sample, trainingPictures: set.train.count)
    totalSteps = steps
    if set.val.isEmpty { watch(.note(Self.withoutValidation(schedule))) }
    data = try PreparedData(
      set: set, mean: mean, packedSide: packedSide, job: job, communicator: communicator, badFiles: badFiles
    ) {
      try badFileList?.add($0, split: .train, watch)
    } progress: {
      watch(.mean(done: $0, total: $1))
    }
    if resumption == nil, let group = job.options.initialization.unitVariance {
      try data.giveUnitVariance(to: store, of: group, job: job, communicator: communicator, watch: watch)
    }
    if resumption == nil, let averages = store.state[.averages] {
      averages.pointer.update(from: store.values.pointer, count: averages.count)
    }
    watch(
      .note(
        "\(network.name): \(network.parameterCount.formatted()) parameters, \(communicator.size) ranks × "
          + "\(job.compute.team.workers) threads, batch \(job.options.batch), \(steps) steps"))
    saver = try communicator.rank == 0 ? RunSaver(job, data: data, store: store, progress: progress, folder: folder) : nil
    hosts = try communicator.allGather(communicator.hostName)
    if saver != nil {
      set.keepArchives(in: job.run.path)
      try describe(job, communicator: communicator)
    }
  }

  /// What there is not without validation pictures.
  private static func withoutValidation(_ schedule: LearningRateSchedule) -> String {
    "there are no validation pictures, so no error is measured and there will be no best.h5"
      + (schedule.kind == .plateau
        ? "; --schedule plateau waits for an error that stops falling, so it never lowers the rate of \(schedule.initialRate): "
          + "--schedule step, poly or cosine would" : "")
  }

  /// Deals out the fully connected layers where that is asked for, or faster. - Note: collective
  static func shards(
    of store: ParameterStore, job: TrainingJob, communicator: Communicator, watch: (TrainingEvent) -> Void = { _ in }
  ) throws -> Shards? {
    let mode = job.options.fullyConnected
    guard mode != .replicated, communicator.size > 1 else { return nil }
    let obstacle = Shards.obstacle(store.network, job.options, ranks: communicator.size)
    if let obstacle {
      if mode == .sharded { throw JobError.wrongUse("--fully-connected sharded: \(obstacle); give replicated or auto") }
      return nil
    }
    if mode == .auto {
      let choice = try FullyConnectedChoice(store.network, job: job, communicator: communicator)
      watch(.note(choice.reason))
      if !choice.isSharded { return nil }
    }
    return try Shards(store, communicator: communicator)
  }

  /// Writes `run.json`.
  private func describe(_ job: TrainingJob, communicator: Communicator) throws {
    try RunDescription(
      options: job.options, data: job.data, trainPictures: data.set.train.count, validationPictures: data.set.val.count,
      classes: data.set.classes.count, parameters: store.network.parameterCount, ranks: communicator.size,
      hosts: Set(hosts).sorted(), threadsPerRank: job.compute.team.workers, commandLine: job.commandLine,
      started: Date().formatted(.iso8601), resumedFromStep: progress.step, totalSteps: totalSteps
    ).write(to: job.run.description)
  }
}
