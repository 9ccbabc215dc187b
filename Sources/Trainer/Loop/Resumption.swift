import Checkpoint
import Cluster
import ConvNet
import Foundation

/// The checkpoint that a run goes on from: found and read by rank 0 alone, and then given to all.
struct Resumption {
  let path: String
  /// On rank 0.
  private let checkpoint: Checkpoint?

  /// What rank 0 tells the others of its checkpoint, besides the parameters.
  struct Contents: Codable {
    var progress: TrainingProgress
    let mean: [Float]
    /// See `InputGeometry`; nil too for checkpoints of earlier versions, which don't say it.
    let packedSide: Int?
    let colourAxes: [[Float]]
  }

  /// Nil if the run begins anew.
  ///
  /// - Note: collective
  init?(_ job: TrainingJob, folder: CheckpointFolder, communicator: Communicator, watch: (TrainingEvent) -> Void) throws {
    var found: (path: String, checkpoint: Checkpoint)?
    path = try communicator.onFirst(.reading) {
      found = try Self.find(job, folder: folder, watch: watch)
      return found?.path ?? ""
    }
    checkpoint = found?.checkpoint
    if path.isEmpty { return nil }
  }

  private static func find(
    _ job: TrainingJob, folder: CheckpointFolder, watch: (TrainingEvent) -> Void
  ) throws -> (path: String, checkpoint: Checkpoint)? {
    switch job.resume {
    case .file(let path): return (path, try Checkpoint.read(path, training: true))
    case .none:
      if let step = try folder.steps().first {
        throw JobError.wrongUse(
          "\(folder.path) holds checkpoints up to step \(step); choose another --run, or --resume auto to go on")
      }
      return nil
    case .auto:
      try TrainingStart.awaitCheckpoints(of: job.run, in: folder)
      let newest = try folder.newest()
      for error in newest.skipped { watch(.note("skipped a damaged checkpoint: \(error)")) }
      if newest.found == nil, let damaged = newest.skipped.first {
        throw JobError.badData("no whole checkpoint in \(folder.path): \(damaged)")
      }
      return newest.found
    }
  }

  /// What the checkpoint's run did with the fully connected layers: a run that goes on stays with what was measured at its start.
  ///
  /// - Note: collective
  func fullyConnected(_ communicator: Communicator) throws -> FullyConnectedMode {
    try communicator.onFirst(.reading) {
      try checkpoint.map { try options(of: $0.contents).fullyConnected } ?? .auto
    }
  }

  /// Brings the checkpoint into the store of every rank, after rank 0 has seen that it belongs to this run.
  ///
  /// - Note: collective
  func receive(
    into store: ParameterStore, _ shards: Shards?, job: TrainingJob, set: PictureSet, communicator: Communicator,
    watch: (TrainingEvent) -> Void
  ) throws -> Contents {
    let contents: Contents = try communicator.onFirst(.reading) {
      guard let checkpoint else { throw JobError("rank 0 has not read \(path)") }
      var contents = try checked(checkpoint.contents, store.network, job: job, set: set, watch: watch)
      store.copy(from: checkpoint.store, team: job.compute.team)
      let earlier = checkpoint.store.state
      if let averages = store.state[.averages], earlier[.averages] == nil {
        averages.pointer.update(from: store.values.pointer, count: averages.count)
      }
      if (earlier[.secondMoments] == nil) != (store.state[.secondMoments] == nil) {
        // Another optimizer: the numbers have other units.
        for kind in [.velocity, .secondMoments] as [TrainingState] { store.state[kind]?.fill(with: 0) }
        contents.progress.optimizerBegan = contents.progress.step
        watch(.note("\(path) doesn't hold what --optimizer \(job.options.optimizer.rawValue) keeps, which begins at zero"))
      }
      return contents
    }
    try communicator.broadcast(store.values.all)
    if let shards {
      try shards.scatterKept()
    } else {
      for buffer in store.kept { try communicator.broadcast(buffer.all) }
    }
    store.valuesChanged()
    return contents
  }

  // MARK: Rank 0

  /// The options that a checkpoint was trained with.
  private func options(of contents: CheckpointContents) throws(JobError) -> TrainingOptions {
    guard let options = try? TrainingOptions(json: contents.options) else {
      throw .badData("\(path): its options are not the JSON that was expected: \(contents.options.prefix(200))")
    }
    if let problem = options.problem { throw .badData("\(path): its options say \(problem)") }
    return options
  }

  /// What the run goes on with: the checkpoint's own, fitted to what has been changed since.
  private func checked(
    _ contents: CheckpointContents, _ network: Network, job: TrainingJob, set: PictureSet, watch: (TrainingEvent) -> Void
  ) throws -> Contents {
    guard contents.network == network else {
      throw JobError.wrongUse(
        "\(path) holds the network '\(contents.network.name)' for \(contents.classes.count) classes, which is not the "
          + "'\(network.name)' for \(set.classes.count) that this run trains; choose another --run")
    }
    guard contents.classes == set.classes.map(\.wnid) else {
      throw JobError.badData("\(path) was trained on other classes than those of \(job.data)")
    }
    let earlier = try options(of: contents)
    let differences = job.options.recipe.differences(from: earlier.recipe)
    guard differences.isEmpty || job.allowChangedOptions else {
      throw JobError.wrongUse(
        "\(path) was trained with other options: \(differences.joined(separator: ", ")); "
          + "give the same ones, or --allow-changed-options")
    }
    var progress = contents.progress
    let change = ChangedData(from: progress.data, to: set.identity)
    guard change.differences.isEmpty || job.allowChangedOptions else {
      throw JobError.wrongUse(
        "\(path) was trained on other pictures than those in \(job.data): \(change.differences.joined(separator: ", ")); "
          + "give the same data, or --allow-changed-options")
    }
    for note in change.apply(to: &progress) { watch(.note(note)) }
    for note in job.options.consequences(of: earlier, at: progress, trainingPictures: set.train.count) { watch(.note(note)) }
    guard let mean = contents.fittedMean else {
      throw JobError.badData("\(path): its mean \(contents.meanShape) doesn't fit the network's input")
    }
    return Contents(
      progress: progress, mean: mean, packedSide: contents.geometry?.packedSide,
      colourAxes: contents.colourAxes.map { [$0.x, $0.y, $0.z] })
  }
}

extension TrainingOptions {
  /// What follows, for the rest of the run, from options that have been changed since a checkpoint, as sentences.
  func consequences(of earlier: TrainingOptions, at progress: TrainingProgress, trainingPictures: Int) -> [String] {
    var notes: [String] = []
    if self.batch != earlier.batch {
      let epoch = String(format: "%.2f", Double(progress.sample) / Double(trainingPictures))
      notes.append(
        "--batch \(earlier.batch) → \(self.batch): the run goes on after \(progress.sample) pictures, at epoch \(epoch)")
    }
    if self.epochs != earlier.epochs {
      func schedule(_ options: TrainingOptions) -> LearningRateSchedule {
        LearningRateSchedule(options, trainingPictures: trainingPictures, state: progress.learningRate)
      }
      let now = schedule(self)
      let rates = [schedule(earlier), now].map { $0.rate(at: progress.sample, batch: self.batch) }
      notes.append(
        "--epochs \(earlier.epochs) → \(self.epochs): "
          + (now.followsShareDone
            ? String(
              format:
                "--schedule %@ goes by the share of the run that is done, so the learning rate is %g from here on instead of %g",
              recipe.schedule.rawValue, rates[1], rates[0])
            : "--schedule \(recipe.schedule.rawValue) doesn't depend on it"))
    }
    return notes
  }

  /// The updates that are left after so many samples.
  func updates(from sample: Int, trainingPictures: Int) -> Int {
    max(0, (self.epochs * trainingPictures - sample + self.batch - 1) / self.batch)
  }
}
