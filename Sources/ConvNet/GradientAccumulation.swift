/// A way to add up the gradients of several passes, for a batch that is larger than memory holds at once.
///
///     for part in 0..<parts {
///       try plan.backward(from: gradient(of: part)) { range in accumulation.add(range, part: part) }
///     }
public protocol GradientAccumulation: AnyObject {
  /// Takes in a range of the gradients, as a pass has left it in the store's gradient buffer. After the last pass that buffer
  /// holds the sum over all passes.
  ///
  /// - Parameter part: the number of the pass within the batch, from 0.
  func add(_ range: Range<Int>, part: Int)
}
