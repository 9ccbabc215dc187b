import Cluster
import ConvNet

/// A data set with all that is needed to feed a network from it: sizes, the mean picture, the order of samples.
struct PreparedData {
  let set: DataSet
  /// `[3, crop, crop]`, RGB 0–255, subtracted from every crop.
  let mean: [Float]
  let crop: Int
  let shorterSide: Int
  /// The training pictures, resized; decoded once as far as the cache goes.
  private let source: any PictureSource
  private let sampler: EpochSampler

  /// - Parameter mean: of the training pictures; nil to compute it, each rank over its share of them.
  /// - Note: collective when the mean is computed
  init(
    set: DataSet, mean: [Float]?, job: TrainingJob, communicator: Communicator, badFiles: BadFileReport,
    progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void
  ) throws {
    let options = job.options
    self.set = set
    crop = options.crop
    shorterSide = options.shorterSide
    sampler = EpochSampler(count: set.train.count, seed: options.seed)
    source = CachedSource(FolderSource(samples: set.train, shorterSide: shorterSide), cacheBytes: job.cacheBytes)
    if let mean {
      self.mean = mean
      return
    }
    let share = EpochSampler.share(of: set.train.count, rank: communicator.rank, ranks: communicator.size)
    let own = try MeanAccumulator(
      of: source, share: share, crop: crop, threads: job.compute.team.workers, badFiles: badFiles, progress: progress)
    var sums = own.sums
    try communicator.allReduceSum(&sums)
    self.mean = try MeanPicture(sums: sums, crop: crop).values
  }

  /// The validation pictures, resized likewise.
  func validationSource(_ job: TrainingJob) -> any PictureSource {
    CachedSource(FolderSource(samples: set.val, shorterSide: shorterSide), cacheBytes: job.cacheBytes / 4)
  }

  /// This rank's part of every global batch, in `parts` batches a step, from a step on.
  func trainingLoader(
    _ job: TrainingJob, fromStep step: Int, parts: Int, communicator: Communicator, badFiles: BadFileReport
  ) -> BatchLoader {
    let augmentation = Augmentation(
      seed: job.options.seed, flips: job.options.flip, eraseProbability: job.options.eraseProbability)
    return BatchLoader(
      source: source,
      options: .init(crop: crop, threads: job.loaderThreads, augmentation: augmentation, mean: mean),
      sequence: .training(
        sampler, batch: job.options.batch, firstStep: step, rank: communicator.rank, ranks: communicator.size,
        parts: parts),
      badFiles: badFiles)
  }

  /// Epochs done after `step` updates, with the part of the present one.
  func epochs(atStep step: Int, batch: Int) -> Double { Double(step * batch) / Double(set.train.count) }

  /// Whole epochs done after `step` updates.
  func wholeEpochs(atStep step: Int, batch: Int) -> Int { step * batch / set.train.count }

  /// The number of the epoch that the update number `step` finished, nil when it finished none.
  func epochFinished(byStep step: Int, batch: Int) -> Int? {
    let done = wholeEpochs(atStep: step, batch: batch)
    return done > wholeEpochs(atStep: step - 1, batch: batch) ? done : nil
  }
}
