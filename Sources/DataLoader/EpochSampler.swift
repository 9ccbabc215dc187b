import Random
import Synchronization

/// The endless sequence of training samples: which sample has which place.
///
/// The global counter g runs over all epochs: g stands for epoch g / N and for place g mod N in that epoch's own permutation of
/// the N samples. A step of batch B takes the next B counters: a batch may straddle two epochs, and none is ever short. So what a
/// step sees depends only on (seed, g, B, N): not on the ranks, nor on where the training was resumed, nor on the batch sizes of
/// earlier steps.
public final class EpochSampler: Sendable {
  /// One place of the sequence.
  public struct Entry: Sendable, Equatable {
    /// The counter g, which identifies this use of the sample everywhere.
    public let global: Int
    public let epoch: Int
    /// The sample's index in the data set.
    public let sample: Int
  }

  public let count: Int
  public let seed: UInt64
  private let orders = Mutex<[(epoch: Int, order: [Int32])]>([])

  /// - Parameter count: the number of samples N, above 0.
  public init(count: Int, seed: UInt64) {
    precondition(count > 0, "nothing to sample from")
    self.count = count
    self.seed = seed
  }

  /// The counters of one rank in a step that begins at g: rank r of R takes [g + r·B/R, g + (r+1)·B/R), in whole numbers.
  ///
  /// The ranks' ranges are disjoint and together make up the step's range; their lengths differ by at most one.
  public static func range(from first: Int, batch: Int, rank: Int, ranks: Int) -> Range<Int> {
    precondition(ranks > 0 && (0..<ranks).contains(rank), "rank \(rank) of \(ranks)")
    return (first + rank * batch / ranks)..<(first + (rank + 1) * batch / ranks)
  }

  /// The share of one rank in a finite set, every sample once: [r·N/R, (r+1)·N/R).
  public static func share(of count: Int, rank: Int, ranks: Int) -> Range<Int> {
    range(from: 0, batch: count, rank: rank, ranks: ranks)
  }

  /// The samples at the counters `range`.
  public func entries(_ range: Range<Int>) -> [Entry] {
    range.map { global in
      let epoch = global / count
      return Entry(global: global, epoch: epoch, sample: sample(epoch: epoch, place: global % count))
    }
  }

  private func sample(epoch: Int, place: Int) -> Int {
    orders.withLock { orders in
      if let known = orders.first(where: { $0.epoch == epoch }) { return Int(known.order[place]) }
      var random = CounterRandom(seed: seed, purpose: .order, epoch: epoch)
      // Two epochs are kept, for batches that straddle two.
      if orders.count == 2 { orders.remove(at: orders[0].epoch < orders[1].epoch ? 0 : 1) }
      orders.append((epoch, random.permutation(of: count)))
      return Int(orders[orders.count - 1].order[place])
    }
  }
}
