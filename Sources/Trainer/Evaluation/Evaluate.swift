import Checkpoint
import Cluster
import ConvNet
import Data
import Foundation
import Images

/// Evaluates a checkpoint on the pictures of a data folder.
///
/// - Parameters:
///   - root: a picture folder or a pack.
///   - real: a file of ReaL labels, by which errors are told as well; see `RealLabels`.
///   - crops: of each picture; their posteriors are averaged.
///   - badFileLimit: the share of the pictures that may be bad; above it the report says so in `failure`.
///   - digests: whether the predictions are to have the digest of each picture's input, which takes a millisecond per picture.
///   - batch: crops computed at once on each rank.
///   - progress: called on rank 0 with its own pictures done, and all of them.
/// - Throws: `CheckpointError`, `DataError`, `JobError`.
/// - Note: collective
public func evaluate(
  checkpoint path: String, data root: String, split: Split = .val, real: String? = nil, crops: TestCrops = .centre, batch: Int,
  compute: ComputeSettings, badFileLimit: Double = 0.01, digests: Bool = true, communicator: Communicator,
  progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
) throws -> EvaluationReport {
  let checkpoint = try Activity.during(.reading) { try Checkpoint.read(path) }
  let contents = checkpoint.contents
  let classes = zip(contents.classes, contents.classNames).map { ClassID(wnid: $0, name: $1) }
  let set = try PictureSet(contentsOf: root, classes: classes, archivesKeptIn: nil, communicator)
  guard !set.samples(split).isEmpty else { throw JobError.badData("\(root) has no pictures in \(split.rawValue)/") }
  if real != nil, split != .val { throw JobError.wrongUse("--real has labels of validation pictures; give --split val") }
  let realLabels = try real.map { path throws(DataError) in try RealLabels(contentsOf: path, for: set) }
  let input = contents.network.input
  guard input.height == input.width, let spec = contents.inputSpec else {
    throw JobError.badData(
      "\(path): the input \(input) is no square RGB crop, or the mean \(contents.meanShape) doesn't fit it")
  }
  let source = try set.source(split, geometry: spec.geometry)
  let evaluator = try Evaluator(
    source: source, mean: spec.mean, store: checkpoint.store, batch: batch, crops: crops, compute: compute,
    communicator: communicator, badFileLimit: badFileLimit)
  var report = EvaluationReport(classes: classes)
  var realResult = RealResult()
  let outcome = try evaluator.evaluate(
    digests: digests,
    each: { index, label, prediction, digest in
      report.add(name: String(source.name(at: index).trimmingPrefix(root + "/")), label: label, prediction, input: digest)
      realLabels?.add(index, prediction, to: &realResult)
    },
    progress: communicator.rank == 0 ? progress : { _, _ in })
  report.total = outcome.result
  report.unreadable = outcome.badFiles.map(\.reason)
  report.warning = outcome.warning
  report.failure = outcome.failure
  report.real = realLabels == nil ? nil : try realResult.summed(over: communicator)
  report.notes = [set.summary].compactMap { $0 } + set.notes + [set.disagreement(with: spec.geometry)].compactMap { $0 }
  try report.merge(over: communicator)
  return report
}
