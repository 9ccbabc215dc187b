import Cluster
import ConvNet
import Data
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
  private let team: ThreadTeam
  private let loaderThreads: Int
  private let communicator: Communicator
  private let badFileLimit: Double

  /// - Parameters:
  ///   - batch: crops computed at once; at least those of one picture are.
  ///   - loaderThreads: threads of this rank that load pictures; nil for as many as compute.
  init(
    source: any PictureSource, mean: [Float], store: ParameterStore, batch: Int, crops: TestCrops = .centre,
    compute: ComputeSettings, communicator: Communicator, loaderThreads: Int? = nil, badFileLimit: Double = 0.01
  ) throws {
    self.source = source
    share = EpochSampler.share(of: source.count, rank: communicator.rank, ranks: communicator.size)
    plan = try Plan(store, batch: max(1, batch / crops.count) * crops.count, purpose: .inference, compute: compute)
    self.mean = mean
    self.crops = crops
    team = compute.team
    self.loaderThreads = loaderThreads ?? compute.team.workers
    self.communicator = communicator
    self.badFileLimit = badFileLimit
  }

  /// The outcome of an evaluation, the same on all ranks.
  struct Outcome {
    let result: EvaluationResult
    /// The pictures that could not be read or decoded in this evaluation, by any rank: each is tried anew in the next one.
    let badFiles: [BadFileReport.Entry]
    /// A sentence about a figure that some pictures are missing from, or nil.
    let warning: String?
    /// Why the figure must not be used: the storage stayed away, somebody asked to stop, or too many pictures are bad. Nil if it may be.
    let failure: (any Error)?
  }

  /// A bad picture enters as the mean picture and counts by its label, so that the number of pictures stays the same.
  ///
  /// - Parameters:
  ///   - step: the update that the network has had, for the watchdog.
  ///   - shouldStop: whether this rank is to give up; then the evaluation has failed on all.
  ///   - each: called with the index and the label of each of this rank's pictures, in order, what the network says of it, and
  ///   the digest of its input where that is asked for.
  ///   - progress: called with the pictures done and all of this rank's.
  /// - Note: collective
  func evaluate(
    step: Int = 0, digests: Bool = false, shouldStop: () -> Bool = { false },
    each: (_ index: Int, _ label: Int, Prediction, _ input: String) -> Void = { _, _, _, _ in },
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws -> Outcome {
    Activity.enter(.evaluating, step: step)
    let badFiles = BadFileReport(badFileLimit: badFileLimit, of: source.count, kind: "evaluated")
    var result = EvaluationResult()
    var own: (any Error)?
    do {
      try evaluateShare(
        step, badFiles, into: &result, digests: digests, shouldStop: shouldStop, each: each, progress: progress)
    } catch {
      own = error
    }
    Activity.enter(.exchanging, step: step)
    let bad = try badFiles.share(over: communicator)
    let failure = try communicator.firstFailure(own)
    let total = try result.summed(over: communicator)
    guard failure != nil || total.pictures == source.count else {
      throw JobError("evaluated \(total.pictures) of \(source.count) pictures; each must count once")
    }
    let unread = try communicator.allReduceSum(share.count { source.isLeftOut(at: $0) }) + bad.count
    return Outcome(
      result: total, badFiles: bad, warning: failure == nil ? Self.warning(unread: unread, of: source.count) : nil,
      failure: failure ?? badFiles.sharedExcess ?? (unread == source.count ? Self.nothingRead(source.count) : nil))
  }

  private static func warning(unread: Int, of count: Int) -> String? {
    if unread == 0 { return nil }
    return "\(unread) of \(count) evaluated pictures can't be read: they count as the mean picture, and so mostly as wrong; "
      + "the error is that of \(count - unread) pictures, raised by them"
  }

  private static func nothingRead(_ count: Int) -> DataError {
    DataError(.badPictures, "none of the \(count) pictures to evaluate can be read; repair the data set")
  }

  private func evaluateShare(
    _ step: Int, _ badFiles: BadFileReport, into result: inout EvaluationResult, digests: Bool, shouldStop: () -> Bool,
    each: (_ index: Int, _ label: Int, Prediction, _ input: String) -> Void, progress: (_ done: Int, _ total: Int) -> Void
  ) throws {
    if share.isEmpty { return }
    var options = BatchLoader.Options(threads: loaderThreads, mean: mean)
    options.crops = crops
    let loader = try BatchLoader(
      source: source, options: options, sequence: .once(share, batch: plan.batch / crops.count), badFiles: badFiles)
    defer { loader.close() }
    while let batch = try loader.next() {
      if shouldStop() { throw DataError(.stopped, "stopped on request during the evaluation") }
      Activity.enter(.evaluating, step: step)
      let answers = answers(to: batch, scores: plan.forward(batch.tensor), digests: digests)
      for (first, answer) in zip(stride(from: 0, to: batch.count, by: crops.count), answers) {
        let label = Int(batch.labels[first])
        result.add(posterior: answer.posterior, label: label)
        each(batch.samples[first], label, Prediction(posterior: answer.posterior, label: label), answer.digest)
      }
      loader.recycle(batch)
      Activity.enter(.evaluating, step: step)
      progress(result.pictures, share.count)
    }
  }

  /// The posteriors of each picture of a batch, and the digest of its input where that is asked for; the team shares the pictures.
  private func answers(to batch: PictureBatch, scores: Tensor, digests: Bool) -> [(posterior: [Float], digest: String)] {
    let (crops, tensor) = (crops.count, batch.tensor)
    let count = batch.count / crops
    return Array(unsafeUninitializedCapacity: count) { buffer, initialized in
      guard let answers = buffer.baseAddress.map(SharedPointer.init) else { return }
      team.split(count) { _, range in
        for picture in range {
          let rows = (picture * crops)..<((picture + 1) * crops)
          (answers.pointer + picture).initialize(
            to: (Self.meanPosterior(scores, rows), digests ? Self.digest(of: tensor, rows) : ""))
        }
      }
      initialized = count
    }
  }

  private static func digest(of input: Tensor, _ rows: Range<Int>) -> String {
    var digest = InputDigest()
    for row in rows { digest.add(UnsafeBufferPointer(input[row])) }
    return digest.finish()
  }

  private static func meanPosterior(_ scores: Tensor, _ rows: Range<Int>) -> [Float] {
    var sum = posteriors(scores[rows.lowerBound])
    guard rows.count > 1 else { return sum }
    for row in rows.dropFirst() {
      for (index, value) in posteriors(scores[row]).enumerated() { sum[index] += value }
    }
    return sum.map { $0 / Float(rows.count) }
  }
}
