import Foundation

/// JSON as all files have it: keys are sorted, so that equal values give equal bytes, and slashes stay as they are.
package enum JSONText {
  /// - Parameter hasNonFinite: true to write numbers that aren't finite as the strings `inf`, `-inf` and `nan`; else they are errors.
  package static func encoder(pretty: Bool = false, hasNonFinite: Bool = false) -> JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    if pretty { encoder.outputFormatting.insert(.prettyPrinted) }
    if hasNonFinite {
      encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    }
    return encoder
  }

  /// Reads what `encoder` writes, numbers that aren't finite too.
  package static var decoder: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return decoder
  }

  package static func of(_ value: some Encodable, pretty: Bool = false, hasNonFinite: Bool = false) throws -> String {
    String(decoding: try encoder(pretty: pretty, hasNonFinite: hasNonFinite).encode(value), as: UTF8.self)
  }
}

/// A value of two parts whose fields are side by side in one JSON object.
public protocol TwoPartCodable: Codable {
  associatedtype First: Codable
  associatedtype Second: Codable
  var parts: (First, Second) { get }
  init(_ first: First, _ second: Second)
}

extension TwoPartCodable {
  public init(from decoder: any Decoder) throws { self.init(try First(from: decoder), try Second(from: decoder)) }

  public func encode(to encoder: any Encoder) throws {
    try parts.0.encode(to: encoder)
    try parts.1.encode(to: encoder)
  }
}
