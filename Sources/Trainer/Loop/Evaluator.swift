import Checkpoint
import Cluster
import ConvNet
import Foundation
import Images

/// Evaluates a network on the centre crops of a list of pictures, shared out over the ranks, each counted once.
final class Evaluator {
  private let source: any PictureSource
  private let share: Range<Int>
  private let plan: Plan
  private let mean: [Float]
  private let crop: Int
  private let loaderThreads: Int
  private let communicator: Communicator
  private let badFiles: BadFileReport

  init(
    source: any PictureSource, mean: [Float], store: ParameterStore, batch: Int, compute: ComputeSettings,
    communicator: Communicator, loaderThreads: Int = 1, cacheBytes: Int = 0
  ) {
    self.source = CachedSource(source, cacheBytes: cacheBytes)
    share = EpochSampler.share(of: source.count, rank: communicator.rank, ranks: communicator.size)
    plan = Plan(store, batch: batch, purpose: .inference, compute: compute)
    self.mean = mean
    crop = store.network.input.width
    self.loaderThreads = loaderThreads
    self.communicator = communicator
    // A bad validation picture enters as the mean picture and counts by its label: the number of pictures stays the same.
    badFiles = BadFileReport(badFileLimit: 1, of: source.count)
  }

  /// - Parameter progress: called with the pictures done and all of this rank's.
  /// - Note: collective
  func evaluate(progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }) throws -> EvaluationResult {
    var result = EvaluationResult()
    if !share.isEmpty {
      let loader = BatchLoader(
        source: source, options: .init(crop: crop, threads: loaderThreads, mean: mean),
        sequence: .once(share, batch: plan.batch), badFiles: badFiles)
      defer { loader.close() }
      while let batch = try loader.next() {
        let scores = plan.forward(batch.tensor)
        for n in 0..<batch.count { result.add(posterior: posteriors(scores[n]), label: Int(batch.labels[n])) }
        loader.recycle(batch)
        progress(result.pictures, share.count)
      }
    }
    let total = try result.summed(over: communicator)
    guard total.pictures == source.count else {
      throw TrainingError("evaluated \(total.pictures) of \(source.count) pictures; each must count once")
    }
    return total
  }
}

/// Evaluates a checkpoint on the pictures of a data folder.
///
/// - Parameters:
///   - root: a picture folder or a pack.
///   - progress: called on rank 0 with its own pictures done, and all of them.
/// - Throws: `CheckpointError`, `DataError`, `TrainingError`.
/// - Note: collective
public func evaluate(
  checkpoint path: String, data root: String, split: Split = .val, batch: Int, compute: ComputeSettings,
  communicator: Communicator, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
) throws -> EvaluationResult {
  let checkpoint = try Checkpoint.read(path)
  let contents = checkpoint.contents
  let classes = zip(contents.classes, contents.classNames).map { ClassID(wnid: $0, name: $1) }
  let set = try DataSet(contentsOf: root, classes: classes)
  guard !set.samples(split).isEmpty else { throw TrainingError.badData("\(root) has no pictures in \(split.rawValue)/") }
  let side = contents.network.input.width
  let options = try? TrainingOptions(json: contents.options)
  let evaluator = Evaluator(
    source: try set.source(split, shorterSide: options?.shorterSide ?? defaultShorterSide(crop: side)), mean: contents.mean,
    store: checkpoint.store, batch: batch, compute: compute, communicator: communicator)
  return try evaluator.evaluate(progress: communicator.rank == 0 ? progress : { _, _ in })
}

/// The paper's 256 : 224, for other crops.
public func defaultShorterSide(crop: Int) -> Int { (crop * 256 + 112) / 224 }
