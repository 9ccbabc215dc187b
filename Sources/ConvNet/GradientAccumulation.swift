/// A way to add up the gradients of the passes of one batch, which may be larger than what memory holds at once.
///
///     for part in 0..<parts {
///       try plan.backward(from: gradient(of: part)) { range in accumulation.add(range, part: part) }
///     }
public protocol GradientAccumulation: AnyObject {
  /// Takes in a range of the gradients as a pass has left it in the flat buffer; after the last pass the buffer holds the sum over all passes.
  ///
  /// - Parameter part: the number of the pass, from 0.
  func add(_ range: Range<Int>, part: Int)
}
