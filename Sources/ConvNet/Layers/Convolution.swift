/// Cross-correlation with `filters` square kernels over all input channels, and one bias per filter.
///
/// `y[k, i, j] = b[k] + Σ w[k, c, u, v] · x[c, i·stride + u − padding, j·stride + v − padding]`; the output side is
/// ⌊(side + 2·padding − kernel) / stride⌋ + 1.
public struct Convolution: Layer {
  public let filters: Int
  public let kernel: Int
  public let stride: Int
  public let padding: Int
  public var computesReLU: Bool { true }

  /// The largest kernel, stride and padding.
  static let largestKernel = 1 << 10

  public init(filters: Int, kernel: Int, stride: Int = 1, padding: Int = 0) {
    self.filters = filters
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
  }

  public func outputShape(for input: Shape) throws(NetworkError) -> Shape {
    guard filters > 0, kernel > 0, stride > 0, padding >= 0 else {
      throw NetworkError(
        "filters \(filters), kernel \(kernel) and stride \(stride) must be positive, padding \(padding) not negative")
    }
    guard filters <= Shape.largestSide, [kernel, stride, padding].allSatisfy({ $0 <= Self.largestKernel }) else {
      throw NetworkError(
        "filters \(filters), kernel \(kernel), stride \(stride) or padding \(padding) is beyond all measure: at most "
          + "\(Shape.largestSide) filters, and at most \(Self.largestKernel) for the others")
    }
    guard input.channels * kernel * kernel <= Shape.largestCount else {
      throw NetworkError("a kernel of \(kernel)×\(kernel) over \(input.channels) channels is beyond all measure")
    }
    let height = input.height + 2 * padding - kernel
    let width = input.width + 2 * padding - kernel
    guard height >= 0, width >= 0 else {
      throw NetworkError("a kernel of \(kernel)×\(kernel) is larger than the input \(input) padded by \(padding)")
    }
    return Shape(channels: filters, height: height / stride + 1, width: width / stride + 1)
  }

  public func parameters(for input: Shape) -> [ParameterSpec] {
    let fanIn = input.channels * kernel * kernel
    return [
      ParameterSpec(role: .weights, shape: [filters, input.channels, kernel, kernel], fanIn: fanIn),
      ParameterSpec(role: .biases, shape: [filters], fanIn: fanIn),
    ]
  }

  public func multiplyAdds(for input: Shape) -> Int {
    guard let output = try? outputShape(for: input) else { return 0 }
    return output.count * input.channels * kernel * kernel
  }
}
