import Cluster
import ConvNet
import Foundation
import Images

/// A data set with all that is needed to feed a network from it: sizes, the mean picture, the order of samples.
struct PreparedData {
  let set: DataSet
  /// `[3, crop, crop]`, RGB 0–255, subtracted from every crop.
  let mean: [Float]
  let crop: Int
  let shorterSide: Int
  private let sampler: EpochSampler

  init(set: DataSet, mean: [Float], options: TrainingOptions) {
    self.set = set
    self.mean = mean
    crop = options.crop
    shorterSide = options.shorterSide
    sampler = EpochSampler(count: set.train.count, seed: options.seed)
  }

  /// Computes the training-set mean picture, each rank over its share of the pictures.
  /// - Note: collective
  init(computingMeanOf set: DataSet, job: TrainingJob, communicator: Communicator, badFiles: BadFileReport) throws {
    let options = job.options
    let source = FolderSource(samples: set.train, shorterSide: options.shorterSide)
    let share = EpochSampler.share(of: set.train.count, rank: communicator.rank, ranks: communicator.size)
    var accumulator = MeanAccumulator(crop: options.crop)
    let decoder = try PictureDecoder()
    for index in share {
      let picture: Picture
      do {
        picture = try source.picture(at: index, decoder: decoder)
      } catch {
        try badFiles.record(path: source.name(at: index), reason: error.description)
        continue
      }
      try accumulator.add(picture)
    }
    var sums = accumulator.sums
    try communicator.allReduceSum(&sums)
    self.init(set: set, mean: try MeanPicture(sums: sums, crop: options.crop).values, options: options)
  }

  /// This rank's part of every global batch, from a step on.
  func trainingLoader(
    _ job: TrainingJob, fromStep step: Int, communicator: Communicator, badFiles: BadFileReport
  ) -> BatchLoader {
    let augmentation = Augmentation(
      seed: job.options.seed, flips: job.options.flip, eraseProbability: job.options.eraseProbability)
    return BatchLoader(
      source: CachedSource(FolderSource(samples: set.train, shorterSide: shorterSide), cacheBytes: job.cacheBytes),
      options: .init(crop: crop, threads: job.loaderThreads, augmentation: augmentation, mean: mean),
      sequence: .training(
        sampler, batch: job.options.batch, firstStep: step, rank: communicator.rank, ranks: communicator.size),
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
