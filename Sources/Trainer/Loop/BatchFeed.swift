import Cluster

/// The batches of one step, from the loader; when that fails, batches without pictures, so that this rank still takes part in what
/// the ranks do together. The step's gradient must not be used then.
final class BatchFeed {
  private let loader: BatchLoader
  private let none: PictureBatch
  /// Why pictures are missing.
  private(set) var failure: (any Error)?

  init(_ loader: BatchLoader, crop: Int) throws {
    self.loader = loader
    none = try PictureBatch(capacity: 0, crop: crop)
  }

  func next() -> PictureBatch {
    if failure == nil {
      do {
        if let pictures = try loader.next() { return pictures }
        failure = JobError("the loader of training pictures has ended")
      } catch {
        failure = error
      }
    }
    return none
  }

  func recycle(_ batch: PictureBatch) {
    if batch !== none { loader.recycle(batch) }
  }
}
