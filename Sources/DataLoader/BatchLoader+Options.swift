import Data
import Images

extension BatchLoader {
  public struct Options: Sendable {
    /// Loader threads to begin with; see `useThreads(_:)`.
    public var threads = 1
    /// Batches that are ready or being made.
    public var prefetch = 3
    /// nil for test time.
    public var augmentation: Augmentation?
    /// Of each picture, at test time.
    public var crops = TestCrops.centre
    /// [3, crop, crop], subtracted; the crop is that of the source's geometry.
    public var mean: [Float]?

    public init(threads: Int = 1, prefetch: Int = 3, augmentation: Augmentation? = nil, mean: [Float]? = nil) {
      self.threads = threads
      self.prefetch = prefetch
      self.augmentation = augmentation
      self.mean = mean
    }
  }

  /// Which samples make the batches.
  public enum Sequence: Sendable {
    /// Without end, from a sample on: this rank's part of every global batch, in `parts` batches (of nearly the same size) a step.
    case training(EpochSampler, batch: Int, firstSample: Int, rank: Int, ranks: Int, parts: Int = 1)
    /// The samples of a range in the order of the data set, once each, all crops of one in a row; the last batch may be short.
    case once(Range<Int>, batch: Int)
  }
}
