import Foundation

/// Command-line arguments, which are bytes, as the Strings that an option parser needs.
///
///     bytes of the argument      the String
///     valid UTF-8                the same text
///     caf\xE9.jpg (Latin-1)      "caf", the private character U+10FFE9, ".jpg"
///
/// `init(argument:)` gives the bytes back. An argument that itself holds such private characters is encoded byte by byte too.
extension FileName {
  private static let first: UInt32 = 0x10FF00

  /// The text that stands for an argument's bytes.
  public static func argument(_ bytes: [UInt8]) -> String {
    if let text = String(validating: bytes, as: UTF8.self), !isEncoded(text) { return text }
    var text = ""
    for byte in bytes {
      text.unicodeScalars.append(byte < 0x80 ? UnicodeScalar(byte) : UnicodeScalar(first + UInt32(byte)) ?? "?")
    }
    return text
  }

  /// True if the text stands for an argument that isn't valid UTF-8, or itself holds these private characters.
  public static func isEncoded(_ text: String) -> Bool { text.unicodeScalars.contains { byte($0) != nil } }

  /// Makes a name of the bytes that the text of an argument stands for.
  public init(argument text: String) {
    var bytes: [UInt8] = []
    for scalar in text.unicodeScalars {
      if let byte = Self.byte(scalar) { bytes.append(byte) } else { bytes += UTF8.encode(scalar).map(Array.init) ?? [] }
    }
    self.init(bytes: bytes)
  }

  private static func byte(_ scalar: UnicodeScalar) -> UInt8? {
    scalar.value >= first + 0x80 && scalar.value <= first + 0xFF ? UInt8(scalar.value - first) : nil
  }
}
