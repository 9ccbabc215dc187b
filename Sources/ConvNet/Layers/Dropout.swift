/// In training, each unit is set to 0 with `probability`, and the others are multiplied by 1 / (1 − probability). Otherwise
/// nothing happens. Source: Krizhevsky et al. 2012 §4.2, in the inverted form.
public struct Dropout: Layer {
  public let probability: Float
  public var worksInPlace: Bool { true }

  public init(probability: Float = 0.5) { self.probability = probability }

  public func outputShape(for input: Shape) throws(NetworkError) -> Shape {
    guard probability >= 0, probability < 1 else {
      throw NetworkError("dropout probability \(probability) is not in 0 ..< 1")
    }
    return input
  }
}
