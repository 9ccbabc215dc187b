/// One kind of layer as a value: only its geometry. The backends implement it.
public protocol Layer: Sendable, Hashable, Codable {
  /// The shape of the output for an input of this shape.
  /// - Throws: `NetworkError` if the layer can't take an input of this shape.
  func outputShape(for input: Shape) throws(NetworkError) -> Shape

  /// The parameters that the layer has for an input of this shape, weights before biases; none by default.
  func parameters(for input: Shape) -> [ParameterSpec]

  /// Multiply-adds of one picture's forward pass; 0 for layers whose arithmetic is negligible.
  func multiplyAdds(for input: Shape) -> Int

  /// True if the layer computes a ReLU that follows it; false by default.
  var computesReLU: Bool { get }

  /// True if the layer overwrites its input; false by default.
  var worksInPlace: Bool { get }
}

extension Layer {
  public func outputShape(for input: Shape) throws(NetworkError) -> Shape { input }
  public func parameters(for input: Shape) -> [ParameterSpec] { [] }
  public func multiplyAdds(for input: Shape) -> Int { 0 }
  public var computesReLU: Bool { false }
  public var worksInPlace: Bool { false }
}

/// The description of one parameter of a layer.
public struct ParameterSpec: Sendable, Hashable {
  public enum Role: String, Sendable, Hashable, Codable { case weights, biases }

  public let role: Role
  /// C order: `[out, in, kh, kw]` for a convolution, `[out, in]` for a fully connected layer, `[out]` for biases.
  public let shape: [Int]
  /// The number of inputs of one output.
  public let fanIn: Int

  public var count: Int { shape.reduce(1, *) }
}

/// The kinds of layers that networks are made of.
public enum AnyLayer: Sendable, Hashable {
  case convolution(Convolution)
  case fullyConnected(FullyConnected)
  case maxPooling(MaxPooling)
  case relu(ReLU)
  case localResponseNormalization(LocalResponseNormalization)
  case dropout(Dropout)

  /// The layer that the case holds.
  public var layer: any Layer {
    switch self {
    case .convolution(let layer): layer
    case .fullyConnected(let layer): layer
    case .maxPooling(let layer): layer
    case .relu(let layer): layer
    case .localResponseNormalization(let layer): layer
    case .dropout(let layer): layer
    }
  }
}

/// In JSON a layer is one flat object: `{"type": "convolution", "filters": 64, …}`.
extension AnyLayer: Codable {
  private enum Kind: String, Codable, CaseIterable {
    case convolution, fullyConnected, maxPooling, relu, localResponseNormalization, dropout
  }
  private enum Key: String, CodingKey { case type }

  private var kind: Kind {
    switch self {
    case .convolution: .convolution
    case .fullyConnected: .fullyConnected
    case .maxPooling: .maxPooling
    case .relu: .relu
    case .localResponseNormalization: .localResponseNormalization
    case .dropout: .dropout
    }
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    let type = try container.decode(String.self, forKey: .type)
    guard let kind = Kind(rawValue: type) else {
      let known = Kind.allCases.map(\.rawValue).joined(separator: ", ")
      throw DecodingError.dataCorruptedError(
        forKey: .type, in: container, debugDescription: "unknown layer type '\(type)'; known are \(known)")
    }
    self =
      switch kind {
      case .convolution: .convolution(try Convolution(from: decoder))
      case .fullyConnected: .fullyConnected(try FullyConnected(from: decoder))
      case .maxPooling: .maxPooling(try MaxPooling(from: decoder))
      case .relu: .relu(try ReLU(from: decoder))
      case .localResponseNormalization: .localResponseNormalization(try LocalResponseNormalization(from: decoder))
      case .dropout: .dropout(try Dropout(from: decoder))
      }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(kind.rawValue, forKey: .type)
    try layer.encode(to: encoder)
  }
}
