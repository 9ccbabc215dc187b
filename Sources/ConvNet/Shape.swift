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

  /// Positions per channel: H · W.
  public var area: Int { height * width }
  /// Values per picture: C · H · W.
  public var count: Int { channels * area }

  /// The largest height, width or number of channels: products of three can't overflow.
  static let largestSide = 1 << 20
  /// The most values per picture in any layer, and the most inputs of one output: 1 GiB of Floats. Kernels count in 32 bits.
  static let largestCount = 1 << 28

  /// True if pictures of this shape can be computed: every side is at least 1, and no side and no product is too large.
  var isSensible: Bool {
    [channels, height, width].allSatisfy { (1...Self.largestSide).contains($0) } && count <= Self.largestCount
  }

  public var description: String { area == 1 ? "[\(channels)]" : "[\(channels), \(height), \(width)]" }
}

/// An error for a layer that can't take its input, or a network that makes no sense.
public struct NetworkError: Error, Sendable, Hashable, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }

  /// The same error after the layer's name: `conv2: kernel 5×5 is larger than …`.
  func inLayer(_ name: String) -> NetworkError { NetworkError("\(name): \(description)") }
}
