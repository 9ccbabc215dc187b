import Cluster
import ConvNet
import Foundation
import Images

/// Evaluates a network on the crops of a list of pictures, shared out over the ranks, each picture counted once.
///
/// Of several crops the posteriors are averaged. Source: Krizhevsky et al. 2012, 4.1.
final class Evaluator {
  private let source: any PictureSource
  private let share: Range<Int>
  private let plan: Plan
  private let mean: [Float]
  private let crops: TestCrops
  private let loaderThreads: Int
  private let communicator: Communicator
  private let badFiles: BadFileReport

  /// - Parameter batch: crops computed at once; at least those of one picture are.
  init(
    source: any PictureSource, mean: [Float], store: ParameterStore, batch: Int, crops: TestCrops = .centre,
    compute: ComputeSettings, communicator: Communicator, loaderThreads: Int = 1
  ) {
    self.source = source
    share = EpochSampler.share(of: source.count, rank: communicator.rank, ranks: communicator.size)
    plan = Plan(store, batch: max(1, batch / crops.count) * crops.count, purpose: .inference, compute: compute)
    self.mean = mean
    self.crops = crops
    self.loaderThreads = loaderThreads
    self.communicator = communicator
    // A bad validation picture enters as the mean picture and counts by its label: the number of pictures stays the same.
    badFiles = BadFileReport(badFileLimit: 1, of: source.count)
  }

  /// The pictures that this rank could not read, after `evaluate`.
  var badEntries: [BadFileReport.Entry] { badFiles.entries }

  /// - Parameters:
  ///   - each: called with the index and the label of each of this rank's pictures, in order, and what the network says of it.
  ///   - progress: called with the pictures done and all of this rank's.
  /// - Note: collective
  func evaluate(
    each: (_ index: Int, _ label: Int, Prediction) -> Void = { _, _, _ in },
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws -> EvaluationResult {
    var result = EvaluationResult()
    if !share.isEmpty {
      var options = BatchLoader.Options(crop: plan.network.input.width, threads: loaderThreads, mean: mean)
      options.crops = crops
      let loader = BatchLoader(
        source: source, options: options, sequence: .once(share, batch: plan.batch / crops.count), badFiles: badFiles)
      defer { loader.close() }
      while let batch = try loader.next() {
        let scores = plan.forward(batch.tensor)
        for first in stride(from: 0, to: batch.count, by: crops.count) {
          let label = Int(batch.labels[first])
          let posterior = meanPosterior(scores, first..<(first + crops.count))
          result.add(posterior: posterior, label: label)
          each(batch.samples[first], label, Prediction(posterior: posterior, label: label))
        }
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

  private func meanPosterior(_ scores: Tensor, _ rows: Range<Int>) -> [Float] {
    var sum = posteriors(scores[rows.lowerBound])
    guard rows.count > 1 else { return sum }
    for row in rows.dropFirst() {
      for (index, value) in posteriors(scores[row]).enumerated() { sum[index] += value }
    }
    return sum.map { $0 / Float(rows.count) }
  }
}
