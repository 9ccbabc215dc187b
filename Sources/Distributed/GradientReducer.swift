/// Sums the gradients of all ranks, range by range, as the backward pass makes them ready.
///
///     try plan.backward(from: gradient) { try reducer.start($0) }
///     try reducer.finish()
///
/// The sum blocks inside `start`. With one rank nothing is done.
public final class GradientReducer {
  /// Seconds spent waiting in `start` and `finish` since the reducer was made.
  public private(set) var waitSeconds = 0.0

  private let gradients: UnsafeMutableBufferPointer<Float>
  private let communicator: Communicator

  /// - Parameters:
  ///   - gradients: the flat gradient buffer; it must outlive the reducer.
  ///   - communicator: the ranks to sum over; the reducer talks on a duplicate.
  /// - Throws: `MPIError`.
  /// - Note: collective
  public init(_ gradients: UnsafeMutableBufferPointer<Float>, communicator: Communicator) throws(MPIError) {
    self.gradients = gradients
    self.communicator = communicator.size > 1 ? try communicator.duplicate() : communicator
  }

  /// Starts replacing `gradients[range]` by its sum over ranks. Until `finish` the range must be neither read nor written.
  ///
  /// - Throws: `MPIError`.
  /// - Note: collective: the same ranges in the same order on all ranks.
  public func start(_ range: Range<Int>) throws(MPIError) {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= gradients.count, "\(range) is outside of \(gradients.count) gradients")
    if communicator.size == 1 { return }
    let start = ContinuousClock.now
    try communicator.allReduceSum(UnsafeMutableBufferPointer(rebasing: gradients[range]))
    waitSeconds += (ContinuousClock.now - start) / .seconds(1)
  }

  /// Returns when all started ranges hold their sums.
  ///
  /// - Throws: `MPIError`.
  /// - Note: collective
  public func finish() throws(MPIError) {}
}
