import Checkpoint
import Cluster
import ConvNet
import Images

/// Evaluates a checkpoint on the pictures of a data folder.
///
/// - Parameters:
///   - trainingPictures: the pictures of `train/` instead of those of `val/`.
///   - crops: of each picture; their posteriors are averaged.
///   - batch: crops computed at once on each rank.
///   - progress: called on rank 0 with its own pictures done, and all of them.
/// - Throws: `CheckpointError`, `DataError`, `TrainingError`.
/// - Note: collective
public func evaluate(
  checkpoint path: String, data root: String, trainingPictures: Bool = false, crops: TestCrops = .centre, batch: Int,
  compute: ComputeSettings, communicator: Communicator, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
) throws -> EvaluationReport {
  let checkpoint = try Checkpoint.read(path)
  let contents = checkpoint.contents
  let classes = zip(contents.classes, contents.classNames).map { ClassID(wnid: $0, name: $1) }
  let set = try DataSet(contentsOf: root, classes: classes)
  let samples = trainingPictures ? set.train : set.val
  guard !samples.isEmpty else {
    throw TrainingError.badData("\(root) has no pictures in \(trainingPictures ? "train" : "val")/")
  }
  let options = try? TrainingOptions(json: contents.options)
  let source = FolderSource(
    samples: samples, shorterSide: options?.shorterSide ?? defaultShorterSide(crop: contents.network.input.width))
  let evaluator = Evaluator(
    source: source, mean: contents.mean, store: checkpoint.store, batch: batch, crops: crops, compute: compute,
    communicator: communicator)
  var report = EvaluationReport(classes: classes)
  report.total = try evaluator.evaluate(
    each: { index, label, prediction in
      report.add(name: String(source.name(at: index).trimmingPrefix(root + "/")), label: label, prediction)
    },
    progress: communicator.rank == 0 ? progress : { _, _ in })
  try report.merge(unreadable: evaluator.badEntries.map(\.reason), over: communicator)
  return report
}

/// The paper's 256 : 224, for other crops.
public func defaultShorterSide(crop: Int) -> Int { (crop * 256 + 112) / 224 }
