import Foundation

/// A convolutional network as a value: a chain of named layers, from a picture to one score per class.
///
/// Every checkpoint contains it as JSON, and it may be written by hand (`--network FILE.json`).
public struct Network: Sendable, Hashable {
  /// A layer with the name that errors, checkpoints and visualisations use for it.
  public struct NamedLayer: Sendable, Hashable {
    public let name: String
    public let layer: AnyLayer

    public init(name: String, layer: AnyLayer) {
      self.name = name
      self.layer = layer
    }
  }

  public let name: String
  /// The shape of one picture, `[3, crop, crop]`.
  public let input: Shape
  public let layers: [NamedLayer]
  /// The shape of the input, then the output shape of each layer: `layers.count + 1` shapes.
  public let shapes: [Shape]

  /// - Throws: `NetworkError` that names the layer, if shapes don't fit or names repeat.
  public init(name: String, input: Shape, layers: [NamedLayer]) throws(NetworkError) {
    guard !layers.isEmpty, layers.count <= Self.mostLayers else {
      throw NetworkError("network '\(name)' has \(layers.count) layers, expected 1 … \(Self.mostLayers)")
    }
    guard input.isSensible, max(input.height, input.width) <= Self.largestInputSide else {
      throw NetworkError(
        "network '\(name)': an input of \(input.channels) channels, \(input.height)×\(input.width) pixels, is empty or beyond all "
          + "measure: no side is above \(Self.largestInputSide)")
    }
    var names: Set<String> = []
    var shapes = [input]
    for layer in layers {
      guard Self.canName(layer.name), names.insert(layer.name).inserted else {
        throw NetworkError(
          "network '\(name)': layer name '\(layer.name)' is empty, repeated, '.', '..' or contains '/' or a control character")
      }
      do throws(NetworkError) {
        let shape = try layer.layer.layer.outputShape(for: shapes[shapes.count - 1])
        guard shape.isSensible else { throw NetworkError("an output of \(shape) is beyond all memory") }
        guard layer.layer.layer.multiplyAdds(for: shapes[shapes.count - 1]) <= Self.mostMultiplyAdds else {
          throw NetworkError("more than 2^44 multiply-adds a picture are beyond all measure")
        }
        shapes.append(shape)
      } catch {
        throw error.inLayer(layer.name)
      }
    }
    self.name = name
    self.input = input
    self.layers = layers
    self.shapes = shapes
  }

  /// True if a layer can have that name in every checkpoint, where its parameters are in a group of that name.
  private static func canName(_ name: String) -> Bool {
    !["", ".", ".."].contains(name) && name.unicodeScalars.allSatisfy { $0 != "/" && $0.properties.generalCategory != .control }
  }

  /// The most layers that a network may have: sums over so many can't overflow.
  static let mostLayers = 1 << 12
  /// The most bytes that a description may have as JSON.
  public static let longestDescription = 1 << 22
  /// The largest side of a crop or of a mean picture, in pixels.
  public static let largestInputSide = 1 << 12
  /// The most multiply-adds of one layer for one picture: about a minute at 500 GFLOP/s.
  static let mostMultiplyAdds = 1 << 44

  /// The number of classes: the outputs of the last layer, one score per class.
  public var classCount: Int { shapes[shapes.count - 1].count }

  /// The number of all weights and biases.
  public var parameterCount: Int {
    zip(layers, shapes).flatMap { $0.layer.layer.parameters(for: $1) }.reduce(0) { $0 + $1.count }
  }

  /// Multiply-adds of the forward pass of one picture.
  public var multiplyAdds: Int { zip(layers, shapes).reduce(0) { $0 + $1.0.layer.layer.multiplyAdds(for: $1.1) } }

  /// The index of the layer of that name.
  /// - Throws: `NetworkError` that lists the layers, if there is no such layer.
  public func index(of layer: String) throws(NetworkError) -> Int {
    guard let index = layers.firstIndex(where: { $0.name == layer }) else {
      throw NetworkError("network '\(name)' has no layer '\(layer)'; it has \(layers.map(\.name).joined(separator: ", "))")
    }
    return index
  }
}

extension Network.NamedLayer: Codable {
  private enum Key: String, CodingKey { case name }

  public init(from decoder: any Decoder) throws {
    let name = try decoder.container(keyedBy: Key.self).decode(String.self, forKey: .name)
    self.name = name
    do {
      layer = try AnyLayer(from: decoder)
    } catch let error as DecodingError {
      throw NetworkError(decoding: error).inLayer(name)
    } catch {
      // Foundation throws a different error for a number that the type can't hold.
      throw NetworkError("network description: \(error) at \(NetworkError.place(decoder.codingPath))").inLayer(name)
    }
    try requireKnownFields(decoder)
  }

  /// A field that the layer doesn't have, such as the groups of another program's convolution, would be another network.
  private func requireKnownFields(_ decoder: any Decoder) throws {
    let own = try JSONSerialization.jsonObject(with: JSONEncoder().encode(self)) as? [String: Any] ?? [:]
    let unknown = try decoder.container(keyedBy: AnyKey.self).allKeys.map(\.stringValue).filter { own[$0] == nil }.sorted()
    guard let field = unknown.first else { return }
    let known = own.keys.filter { $0 != "name" && $0 != "type" }.sorted().joined(separator: ", ")
    throw NetworkError("network description: unknown field '\(field)'; there are name, type\(known.isEmpty ? "" : ", " + known)")
      .inLayer(name)
  }

  private struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { return nil }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(name, forKey: .name)
    try layer.encode(to: encoder)
  }
}

extension Network: Codable {
  private enum Key: String, CodingKey { case name, input, layers }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    let input = try container.decode([Int].self, forKey: .input)
    guard input.count == 3 else {
      throw DecodingError.dataCorruptedError(
        forKey: .input, in: container, debugDescription: "the input is [channels, height, width], found \(input)")
    }
    try self.init(
      name: container.decode(String.self, forKey: .name),
      input: Shape(channels: input[0], height: input[1], width: input[2]),
      layers: container.decode([NamedLayer].self, forKey: .layers))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(name, forKey: .name)
    try container.encode([input.channels, input.height, input.width], forKey: .input)
    try container.encode(layers, forKey: .layers)
  }

  /// The description as JSON with sorted keys, so that the same network gives the same text.
  public func json() -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // A network holds only finite numbers and strings, which always encode.
    return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
  }

  /// Reads a description from JSON.
  /// - Throws: `NetworkError` that says where the JSON is wrong.
  public init(json: String) throws(NetworkError) {
    do {
      self = try JSONDecoder().decode(Network.self, from: Data(json.utf8))
    } catch let error as NetworkError {
      throw error
    } catch let error as DecodingError {
      throw NetworkError(decoding: error)
    } catch {
      throw NetworkError("network description: \(error)")
    }
  }
}

extension NetworkError {
  /// Says what is wrong with the JSON, and where.
  fileprivate init(decoding error: DecodingError) {
    switch error {
    case .keyNotFound(let key, let context):
      self.init("network description: no '\(key.stringValue)' at \(Self.place(context.codingPath))")
    case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
      self.init("network description: \(context.debugDescription) at \(Self.place(context.codingPath))")
    @unknown default:
      self.init("network description: \(error)")
    }
  }

  fileprivate static func place(_ path: [any CodingKey]) -> String {
    path.isEmpty ? "the top" : path.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }.joined()
  }
}
