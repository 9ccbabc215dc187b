/// `y = W·x + b` over the whole input, flattened in C, H, W order.
public struct FullyConnected: Layer {
  public let outputs: Int
  public var computesReLU: Bool { true }

  public init(outputs: Int) { self.outputs = outputs }

  public func outputShape(for input: Shape) throws(NetworkError) -> Shape {
    guard (1...Shape.largestSide).contains(outputs) else {
      throw NetworkError("\(outputs) outputs; 1 … \(Shape.largestSide) are possible")
    }
    return Shape(channels: outputs)
  }

  public func parameters(for input: Shape) -> [ParameterSpec] {
    [
      ParameterSpec(role: .weights, shape: [outputs, input.count], fanIn: input.count),
      ParameterSpec(role: .biases, shape: [outputs], fanIn: input.count),
    ]
  }

  public func multiplyAdds(for input: Shape) -> Int { outputs * input.count }
}
