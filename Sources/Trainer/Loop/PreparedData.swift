import Cluster
import ConvNet
import Data

/// A data set with everything that feeding a network from it takes: sizes, the mean picture, the order of samples.
struct PreparedData {
  let set: PictureSet
  /// `[3, crop, crop]`, RGB 0–255, subtracted from every crop.
  let mean: [Float]
  /// The principal axes of the training pixels' colours; see `MeanPicture.colourAxes`.
  let colourAxes: [SIMD3<Float>]
  /// How its pictures become inputs; all ranks have the same.
  let geometry: InputGeometry
  /// The training pictures, resized; decoded once as far as the cache goes.
  private let source: any PictureSource
  private let sampler: EpochSampler

  /// - Parameters:
  ///   - found: is told on all ranks of the bad files that the pass over all pictures has met.
  ///   - mean: of the training pictures, with their colour axes; nil to take it from the pack, or to compute it from the
  ///   folder, each rank over its share of the pictures. Where only the axes are missing they are found the same way.
  ///   - packedSide: see `InputGeometry`; of the checkpoint that the run goes on from, nil to take it from the data.
  /// - Note: collective when the mean is computed
  init(
    set: PictureSet, mean: (values: [Float], colourAxes: [SIMD3<Float>])?, packedSide: Int?, job: TrainingJob,
    communicator: Communicator, badFiles: BadFileReport, found: ([BadFileReport.Entry]) throws -> Void,
    progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void
  ) throws {
    let options = job.options
    self.set = set
    let geometry = try Self.geometry(options, packedSide: packedSide ?? set.pack?.settings.shorterSide)
    self.geometry = geometry
    sampler = EpochSampler(count: set.train.count, seed: options.seed)
    source = try set.source(.train, geometry: geometry).cached(bytes: job.cacheBytes)
    if let mean, !mean.colourAxes.isEmpty || options.colourDeviation == 0 {
      (self.mean, colourAxes) = mean
      return
    }
    if let pack = set.pack {
      let found = try pack.mean(crop: geometry.crop, shorterSide: geometry.shorterSide)
      (self.mean, colourAxes) = (mean?.values ?? found.values, found.colourAxes)
      return
    }
    let share = EpochSampler.share(of: set.train.count, rank: communicator.rank, ranks: communicator.size)
    let own = Activity.during(.mean) { [source] in
      Result {
        try MeanAccumulator(
          of: source, share: share, threads: job.compute.team.workers, badFiles: badFiles, progress: progress)
      }
    }
    try found(try badFiles.share(over: communicator))
    if let excess = badFiles.sharedExcess { throw excess }
    var problem: (any Error)?
    if case .failure(let error) = own { problem = error }
    try communicator.throwTogether(problem)
    var sums = try own.get().sums
    try communicator.allReduceSum(&sums)
    let found = try MeanPicture(sums: sums, crop: geometry.crop)
    (self.mean, colourAxes) = (mean?.values ?? found.values, found.colourAxes)
  }

  /// - Throws: `JobError` when crops don't fit into pictures of that side.
  static func geometry(_ options: TrainingOptions, packedSide: Int?) throws -> InputGeometry {
    do throws(InputSpecError) {
      return try InputGeometry(crop: options.crop, shorterSide: options.shorterSide, packedSide: packedSide)
    } catch {
      throw JobError.wrongUse("--shorter-side \(options.shorterSide): \(error)")
    }
  }

  /// The validation pictures, resized likewise.
  func validationSource(_ job: TrainingJob) throws -> any PictureSource {
    try set.source(.val, geometry: geometry).cached(bytes: job.cacheBytes / 4)
  }

  /// Loads this rank's part of every global batch, in `parts` batches per step, from a sample on.
  func trainingLoader(
    _ job: TrainingJob, fromSample sample: Int, parts: Int, rank: Int, ranks: Int, badFiles: BadFileReport
  ) throws -> BatchLoader {
    return try BatchLoader(
      source: source,
      options: .init(
        threads: job.loaderThreads ?? job.compute.team.workers,
        augmentation: Augmentation(job.options, colourAxes: colourAxes), mean: mean),
      sequence: .training(
        sampler, batch: job.options.batch, firstSample: sample, rank: rank, ranks: ranks, parts: parts),
      badFiles: badFiles)
  }

  /// Epochs done after `sample` samples, with the part of the present one.
  func epochs(after sample: Int) -> Double { Double(sample) / Double(set.train.count) }

  /// Whole epochs done after `sample` samples.
  func wholeEpochs(after sample: Int) -> Int { sample / set.train.count }

  /// The number of the epoch that the update of the `batch` samples before `sample` finished; nil if it finished none.
  func epochFinished(after sample: Int, batch: Int) -> Int? {
    let done = wholeEpochs(after: sample)
    return done > wholeEpochs(after: sample - batch) ? done : nil
  }
}

extension Augmentation {
  /// What the options of a run ask for.
  init(_ options: TrainingOptions, colourAxes: [SIMD3<Float>]) {
    self.init(
      seed: options.seed, flips: options.flip, eraseProbability: options.eraseProbability,
      smallestArea: options.smallestCropArea, colourAxes: colourAxes, colourDeviation: options.colourDeviation)
  }
}
