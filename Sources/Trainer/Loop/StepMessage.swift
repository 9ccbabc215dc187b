import Cluster

/// What the ranks tell each other once per step, in one small message: after `exchange` every rank knows the same.
struct StepMessage {
  /// Loss, stop request, whether anything isn't finite, newly met bad files, whether a rank had no pictures to compute with and
  /// whether rank 0 saves afterwards, then three values of each rank.
  private var values: [Double]
  private let ranks: Int
  private static let shared = 6

  /// - Parameters:
  ///   - loss: this rank's share of the mean loss.
  ///   - isFinite: whether this rank's gradients are.
  ///   - busySeconds: the time per picture, without waiting; 0 on a rank without pictures.
  ///   - badFiles: the number of bad files that this rank has met and the others don't know of.
  ///   - isInterrupted: whether this rank could not have its part of the batch, so that the gradient isn't that of the batch.
  ///   - savesAfterwards: whether this rank, the first, begins a checkpoint after the update.
  init(
    loss: Double, isFinite: Bool, stop: Bool, dataWait: Double, reductionWait: Double, busySeconds: Double,
    badFiles: Int = 0, isInterrupted: Bool = false, savesAfterwards: Bool = false, communicator: Communicator
  ) {
    ranks = communicator.size
    values = [Double](repeating: 0, count: Self.shared + 3 * ranks)
    values[0] = loss
    values[1] = stop ? 1 : 0
    values[2] = isFinite ? 0 : 1
    values[3] = Double(badFiles)
    values[4] = isInterrupted ? 1 : 0
    values[5] = savesAfterwards ? 1 : 0
    for (place, value) in [dataWait, reductionWait, busySeconds].enumerated() {
      values[Self.shared + place * ranks + communicator.rank] = value
    }
  }

  /// - Note: collective
  mutating func exchange(_ communicator: Communicator) throws { try communicator.allReduceSum(&values) }

  /// The mean over the global batch, rounded to float32, so that the order in which ranks are added up doesn't show.
  var loss: Double { Double(Float(values[0])) }
  /// Whether any rank was asked to stop.
  var stopRequested: Bool { values[1] > 0 }
  /// Whether the loss and all ranks' gradients are finite.
  var isFinite: Bool { loss.isFinite && values[2] == 0 }
  /// Whether any rank has met bad files that not all know of.
  var hasNewBadFiles: Bool { values[3] > 0 }
  /// Whether any rank's part of the batch is missing.
  var isInterrupted: Bool { values[4] > 0 }
  /// Whether rank 0 begins a checkpoint after the update.
  var savesAfterwards: Bool { values[5] > 0 }
  /// Seconds, of the rank that waited longest.
  var dataWait: Double { part(0).max() ?? 0 }
  var reductionWait: Double { part(1).max() ?? 0 }
  /// Seconds per picture of each rank; 0 for a rank without pictures.
  var busySeconds: [Double] { Array(part(2)) }

  private func part(_ place: Int) -> ArraySlice<Double> {
    values[(Self.shared + place * ranks)..<(Self.shared + (place + 1) * ranks)]
  }
}
