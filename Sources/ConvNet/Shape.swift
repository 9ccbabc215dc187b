/// The shape of one picture's activations: `[C, H, W]`, or `[K]` (C = K, H = W = 1) after a fully connected layer.
public struct Shape: Sendable, Hashable, CustomStringConvertible {
  public let channels: Int
  public let height: Int
  public let width: Int

  public init(channels: Int, height: Int = 1, width: Int = 1) {
    self.channels = channels
    self.height = height
    self.width = width
  }

  /// Positions a channel: H · W.
  public var area: Int { height * width }
  /// Values a picture: C · H · W.
  public var count: Int { channels * area }

  /// No side or filter count is larger: products of three stay far from overflow.
  static let largestSide = 1 << 20
  /// The most values a picture may have in any layer, and the most inputs of an output: 1 GiB of Floats. Kernels count in 32 bits.
  static let largestCount = 1 << 28

  /// Whether a picture of this shape can exist: no side below 1, none and no product absurdly large.
  var isSensible: Bool {
    [channels, height, width].allSatisfy { (1...Self.largestSide).contains($0) } && count <= Self.largestCount
  }

  public var description: String { area == 1 ? "[\(channels)]" : "[\(channels), \(height), \(width)]" }
}

/// A layer that cannot take the input it is given, or a network that makes no sense.
public struct NetworkError: Error, Sendable, Hashable, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }

  /// The same error with the layer's name before it: `conv2: kernel 5×5 is larger than …`.
  func inLayer(_ name: String) -> NetworkError { NetworkError("\(name): \(description)") }
}
