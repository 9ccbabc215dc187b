import Checkpoint
import Cluster
import ConvNet
import Foundation

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
  /// The training pictures that can't be read, as far as this rank has met them.
  let badFiles: BadFileReport
  /// On rank 0 alone.
  let badFileList: BadFileList?

  /// - Parameter watch: called on rank 0 alone.
  /// - Note: collective
  init(_ job: inout TrainingJob, communicator: Communicator, watch: @escaping @Sendable (TrainingEvent) -> Void) throws {
    if job.options.reduction == .exact {
      job.options.exactMicroBatch = job.microBatch
      job.options.exactMicroBatch = try job.options.fixedMicroBatch(ranks: communicator.size)
    }
    for problem in Placement.problems(of: try communicator.placements(threads: job.compute.team.workers)) {
      watch(.note("slow: \(problem.text); \(problem.remedy)"))
    }
    try Self.awaitStorage(of: job)
    let set = try PictureSet(contentsOf: job.data)
    guard !set.train.isEmpty else {
      throw TrainingError.badData("\(job.data) has no train/ folder; expected train/<wnid>/<picture>")
    }
    try set.requireSameOnAllRanks(communicator)
    for note in set.notes { watch(.note(note)) }
    watch(
      .note("\(set.classes.count) classes, \(set.train.count) training and \(set.val.count) validation pictures in \(job.data)"))

    let network = try Self.network(job.options.network, classes: set.classes.count)
    try Self.settle(&job, network: network)
    let folder = CheckpointFolder(job.run.checkpoints, keep: job.keep)
    let source = try Activity.during(.reading) { [job] in
      try Self.source(job, folder: folder, communicator: communicator, watch: watch)
    }

    badFiles = BadFileReport(badFileLimit: job.options.badFileLimit, of: set.train.count, kind: "training")
    let badFileList = communicator.rank == 0 ? BadFileList(job.run.badFiles) : nil
    self.badFileList = badFileList
    store = try ParameterStore(network)
    if job.options.fullyConnected == .auto, Shards.obstacle(network, job.options, ranks: communicator.size) == nil {
      job.options.fullyConnected = try Self.recordedMode(source, communicator)
    }
    shards = try Self.shards(of: store, job: job, communicator: communicator, watch: watch)
    if communicator.size > 1 { job.options.fullyConnected = shards == nil ? .replicated : .sharded }
    let steps = (job.options.epochs * set.train.count + job.options.batch - 1) / job.options.batch
    totalSteps = steps
    var mean: (values: [Float], colourAxes: [SIMD3<Float>])?
    if let source {
      let contents = try Self.receive(source, into: store, shards, job: job, set: set, communicator: communicator)
      progress = contents.progress
      schedule = LearningRateSchedule(
        job.options, totalSteps: steps, trainingPictures: set.train.count, state: progress.learningRate)
      mean = (contents.mean, contents.colourAxes.map { SIMD3($0) })
      watch(.note("resumed from \(source.path) at step \(progress.step)"))
      StopRequest.say(
        "stopped on request at step \(progress.step); no update was made since \(source.path), and the same command continues")
    } else {
      job.options.initialization.fill(store, seed: job.options.seed)
      let schedule = LearningRateSchedule(job.options, totalSteps: steps, trainingPictures: set.train.count, state: nil)
      progress = TrainingProgress(learningRate: schedule.state)
      self.schedule = schedule
    }
    data = try PreparedData(set: set, mean: mean, job: job, communicator: communicator, badFiles: badFiles) {
      try badFileList?.add($0, split: .train, watch)
    } progress: {
      watch(.mean(done: $0, total: $1))
    }
    watch(
      .note(
        "\(network.name): \(network.parameterCount.formatted()) parameters, \(communicator.size) ranks × "
          + "\(job.compute.team.workers) threads, batch \(job.options.batch), \(steps) steps"))
    saver = try communicator.rank == 0 ? RunSaver(job, data: data, network: network, step: progress.step, folder: folder) : nil
    hosts = try communicator.allGather(communicator.hostName)
    if saver != nil {
      try describe(job, communicator: communicator)
    }
  }

  /// What a checkpoint's run did with the fully connected layers: a run that goes on stays with what was measured at its start.
  /// - Note: collective
  private static func recordedMode(_ source: Source?, _ communicator: Communicator) throws -> FullyConnectedMode {
    let options = try source?.checkpoint.map { try TrainingOptions(json: $0.contents.options) }
    return FullyConnectedMode(rawValue: try communicator.broadcast(options?.fullyConnected.rawValue ?? "")) ?? .auto
  }

  /// Deals out the fully connected layers where that is asked for, or faster. - Note: collective
  static func shards(
    of store: ParameterStore, job: TrainingJob, communicator: Communicator, watch: (TrainingEvent) -> Void = { _ in }
  ) throws -> Shards? {
    let mode = job.options.fullyConnected
    guard mode != .replicated, communicator.size > 1 else { return nil }
    let obstacle = Shards.obstacle(store.network, job.options, ranks: communicator.size)
    if let obstacle {
      if mode == .sharded { throw TrainingError.wrongUse("--fully-connected sharded: \(obstacle); give replicated or auto") }
      return nil
    }
    if mode == .auto {
      let choice = try FullyConnectedChoice(store.network, job: job, communicator: communicator)
      watch(.note(choice.reason))
      if !choice.isSharded { return nil }
    }
    return try Shards(store, communicator: communicator)
  }

  /// A preset by name, or a JSON file; its outputs must be the data's classes.
  static func network(_ name: String, classes: Int) throws -> Network {
    if let preset = Preset(rawValue: name) { return try preset.network(classes: classes) }
    guard let data = FileManager.default.contents(atPath: name) else {
      throw TrainingError.wrongUse("--network \(name): neither a preset (\(Preset.names)) nor a readable file")
    }
    let network: Network
    do {
      network = try Network(json: String(decoding: data, as: UTF8.self))
    } catch {
      throw TrainingError.wrongUse("\(name): \(error)")
    }
    guard network.classCount == classes else {
      throw TrainingError.wrongUse("\(name): the network has \(network.classCount) outputs, the data \(classes) classes")
    }
    guard network.input.channels == 3, network.input.height == network.input.width else {
      throw TrainingError.wrongUse("\(name): the input is \(network.input); pictures are square crops, [3, side, side]")
    }
    return network
  }

  /// The crop is the network's input; the shorter side keeps the paper's 256 : 224.
  static func settle(_ job: inout TrainingJob, network: Network) throws {
    let side = network.input.width
    if let crop = job.crop, crop != side {
      throw TrainingError.wrongUse("--crop \(crop): the network '\(network.name)' takes crops of \(side) pixels")
    }
    job.options.crop = side
    job.options.shorterSide = job.shorterSide ?? defaultShorterSide(crop: side)
    guard job.options.shorterSide >= side else {
      throw TrainingError.wrongUse("--shorter-side \(job.options.shorterSide) is less than the crop of \(side) pixels")
    }
    // Measured: a core decodes 900 pictures a second. A tiny net would outrun any number of cores.
    let workers = job.compute.team.workers
    let loaders = Double(workers) * StepModel.multiplyAddsPerSecond / Double(max(network.multiplyAdds, 1)) / 900
    job.loaderThreads = job.loaderThreads ?? max(1, min(workers, Int(loaders.rounded())))
  }

  /// The checkpoint to go on from, read by rank 0 alone.
  private struct Source {
    let path: String
    let checkpoint: Checkpoint?
  }

  /// - Note: collective
  private static func source(
    _ job: TrainingJob, folder: CheckpointFolder, communicator: Communicator, watch: (TrainingEvent) -> Void
  ) throws -> Source? {
    var found: (path: String, checkpoint: Checkpoint)?
    if communicator.rank == 0 {
      switch job.resume {
      case .file(let path): found = (path, try Checkpoint.read(path, training: true))
      case .none:
        if let step = try folder.steps().first {
          throw TrainingError.wrongUse(
            "\(folder.path) holds checkpoints up to step \(step); choose another --run, or --resume auto to go on")
        }
      case .auto:
        try awaitCheckpoints(of: job.run, in: folder)
        let newest = try folder.newest()
        for error in newest.skipped { watch(.note("skipped a damaged checkpoint: \(error)")) }
        found = newest.found
        if found == nil, let damaged = newest.skipped.first {
          throw TrainingError.badData("no whole checkpoint in \(folder.path): \(damaged)")
        }
      }
    }
    let path = try communicator.broadcast(found?.path ?? "")
    return path.isEmpty ? nil : Source(path: path, checkpoint: found?.checkpoint)
  }

  /// Brings rank 0's checkpoint into the store of every rank, after checking that it belongs to this run.
  /// - Note: collective
  private static func receive(
    _ source: Source, into store: ParameterStore, _ shards: Shards?, job: TrainingJob, set: PictureSet, communicator: Communicator
  ) throws -> ReceivedContents {
    var own: ReceivedContents?
    if let checkpoint = source.checkpoint {
      let contents = checkpoint.contents
      guard contents.network == store.network else {
        throw TrainingError.wrongUse(
          "\(source.path) holds the network '\(contents.network.name)' for \(contents.classes.count) classes, which is not the "
            + "'\(store.network.name)' for \(set.classes.count) that this run trains; choose another --run")
      }
      guard contents.classes == set.classes.map(\.wnid) else {
        throw TrainingError.badData("\(source.path) was trained on other classes than those of \(job.data)")
      }
      let earlier = try TrainingOptions(json: contents.options)
      let differences = job.options.differences(from: earlier)
      guard differences.isEmpty || job.allowChangedOptions else {
        throw TrainingError.wrongUse(
          "\(source.path) was trained with other options: \(differences.joined(separator: ", ")); "
            + "give the same ones, or --allow-changed-options")
      }
      store.copy(from: checkpoint.store, team: job.compute.team)
      guard let mean = contents.fittedMean else {
        throw TrainingError.badData("\(source.path): its mean \(contents.meanShape) doesn't fit the network's input")
      }
      own = ReceivedContents(
        progress: contents.progress, mean: mean, colourAxes: contents.colourAxes.map { [$0.x, $0.y, $0.z] })
    }
    let contents = try communicator.broadcast(own)
    try communicator.broadcast(store.values.all)
    if let shards {
      try shards.scatterVelocity()
    } else {
      try communicator.broadcast(store.velocity.all)
    }
    store.valuesChanged()
    return contents
  }

  /// What rank 0 tells the others of its checkpoint, besides the parameters.
  private struct ReceivedContents: Codable {
    let progress: TrainingProgress
    let mean: [Float]
    let colourAxes: [[Float]]
  }

  /// Writes `run.json`.
  private func describe(_ job: TrainingJob, communicator: Communicator) throws {
    try RunDescription(
      options: job.options, data: job.data, trainPictures: data.set.train.count, validationPictures: data.set.val.count,
      classes: data.set.classes.count, parameters: store.network.parameterCount, ranks: communicator.size,
      hosts: Set(hosts).sorted(), threadsPerRank: job.compute.team.workers, commandLine: job.commandLine,
      started: Date().formatted(.iso8601), resumedFromStep: progress.step
    ).write(to: job.run.description)
  }
}
