import Data
import Images

extension BatchLoader {
  public struct Options: Sendable {
    /// The number of loader threads at the start; see `useThreads(_:)`.
    public var threads = 1
    /// The number of batches that are ready or being made.
    public var prefetch = 3
    /// The random changes of training pictures; nil for test crops.
    public var augmentation: Augmentation?
    /// The crops of each picture at test time.
    public var crops = TestCrops.centre
    /// The mean, [3, crop, crop], which is subtracted; the crop is that of the source's geometry. Nil for none.
    public var mean: [Float]?

    public init(threads: Int = 1, prefetch: Int = 3, augmentation: Augmentation? = nil, mean: [Float]? = nil) {
      (self.threads, self.prefetch, self.augmentation, self.mean) = (threads, prefetch, augmentation, mean)
    }
  }

  /// The samples that make the batches, in order.
  public enum Sequence: Sendable {
    /// Endless, from a sample on: this rank's part of every global batch, in `parts` batches (of nearly the same size) per step.
    case training(EpochSampler, batch: Int, firstSample: Int, rank: Int, ranks: Int, parts: Int = 1)
    /// The samples of a range in the order of the data set, once each, with all crops of a sample in a row; the last batch may
    /// have fewer.
    case once(Range<Int>, batch: Int)
  }
}
