/// The largest value of each square window; if several are largest, the first in row order.
///
/// The output side is ⌈(side − window) / stride⌉ + 1: sizes round **up**, and windows are clipped to the picture (Krizhevsky's
/// and Caffe's pooling). There is no padding, so every window holds at least one value.
public struct MaxPooling: Layer {
  public let window: Int
  public let stride: Int

  public init(window: Int, stride: Int) {
    self.window = window
    self.stride = stride
  }

  public func outputShape(for input: Shape) throws(NetworkError) -> Shape {
    guard window > 0, stride > 0, stride <= window else {
      throw NetworkError("window \(window) and stride \(stride) must be positive, the stride at most the window")
    }
    guard input.height >= window, input.width >= window else {
      throw NetworkError("a window of \(window)×\(window) is larger than the input \(input)")
    }
    func side(_ side: Int) -> Int { (side - window + stride - 1) / stride + 1 }
    return Shape(channels: input.channels, height: side(input.height), width: side(input.width))
  }
}
