import Foundation

extension FileName {
  /// The name as text. Its characters stay, but %XX is written for every byte that is no UTF-8, for the bytes of control and
  /// format characters and of characters that aren't in Unicode's composed form (NFC), and for a % that two hexadecimal digits
  /// follow.
  ///
  /// Names of printable ASCII and most others stay as they are: `caf%E9.jpg` is a name in Latin-1, `100%.jpg` stays itself.
  /// Different names have different texts, also when Swift compares them as Strings, and no text holds a line end.
  /// `init(written:)` gives the name back.
  public var written: String {
    if bytes.allSatisfy({ (0x20...0x7E).contains($0) && $0 != Self.percent }) { return String(decoding: bytes, as: UTF8.self) }
    var text = ""
    var rest = bytes[...]
    while !rest.isEmpty {
      let valid = Self.validPrefix(rest)
      text += Self.written(String(decoding: rest[..<valid], as: UTF8.self), before: rest[valid...])
      rest = rest[valid...]
      if let byte = rest.popFirst() { text += Self.escaped(byte) }
    }
    // Guards against characters that compose with each other although each one alone was in the composed form.
    return Self.isComposed(text) ? text : Self.plain(bytes)
  }

  /// Makes the name that `written` gave this text for.
  public init(written text: String) {
    let text = Array(text.utf8)
    guard text.contains(Self.percent) else {
      self.init(bytes: text)
      return
    }
    var bytes: [UInt8] = []
    var index = 0
    while index < text.count {
      if let byte = Self.escape(at: index, in: text[...]) {
        bytes.append(byte)
        index += 3
      } else {
        bytes.append(text[index])
        index += 1
      }
    }
    self.init(bytes: bytes)
  }

  private static let percent = UInt8(ascii: "%")

  /// The byte that the three characters of an escape stand for; nil if there is no escape.
  private static func escape(at index: Int, in text: ArraySlice<UInt8>) -> UInt8? {
    guard text[index] == percent, index + 2 < text.endIndex, let high = digit(text[index + 1]), let low = digit(text[index + 2])
    else { return nil }
    return high << 4 | low
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x41 + 10
    case 0x61...0x66: byte - 0x61 + 10
    default: nil
    }
  }

  /// The end of the valid UTF-8 at the start of the bytes. Source: Unicode 15, table 3-7
  private static func validPrefix(_ bytes: ArraySlice<UInt8>) -> Int {
    var end = bytes.startIndex
    while end < bytes.endIndex {
      let lead = bytes[end]
      let count = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0
      guard count > 0, end + count <= bytes.endIndex else { return end }
      let tail = bytes[(end + 1)..<(end + count)]
      guard tail.allSatisfy({ $0 & 0xC0 == 0x80 }) else { return end }
      if let second = tail.first {
        let least: UInt8 = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80
        let most: UInt8 = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF
        guard (least...most).contains(second) else { return end }
      }
      end += count
    }
    return end
  }

  /// The text form of valid text; `rest` is what follows it in the name.
  private static func written(_ text: String, before rest: ArraySlice<UInt8>) -> String {
    let bytes = Array(text.utf8) + rest.prefix(2)
    var result = ""
    var index = 0
    for character in text {
      let composed = isComposed(String(character)) && !isLoose(character)
      for scalar in character.unicodeScalars {
        let count = UTF8.width(scalar)
        let isHidden =
          switch scalar.properties.generalCategory {
          case .control, .format, .lineSeparator, .paragraphSeparator: true
          default: false
          }
        let isPercent = escape(at: index, in: bytes[...]) != nil
        if isHidden || isPercent || (!composed && !scalar.isASCII) {
          result += bytes[index..<(index + count)].map(escaped).joined()
        } else {
          result.unicodeScalars.append(scalar)
        }
        index += count
      }
    }
    return result
  }

  /// The text form in printable ASCII only.
  private static func plain(_ bytes: [UInt8]) -> String {
    bytes.indices.map { index in
      let isPlain = (0x20...0x7E).contains(bytes[index]) && escape(at: index, in: bytes[...]) == nil
      return isPlain ? String(UnicodeScalar(bytes[index])) : escaped(bytes[index])
    }.joined()
  }

  /// True if a combining mark comes first or follows an ASCII character: it could join with whatever text is before the name.
  private static func isLoose(_ character: Character) -> Bool {
    guard let first = character.unicodeScalars.first else { return false }
    switch first.properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark: return true
    default: return first.isASCII && character.unicodeScalars.count > 1
    }
  }

  /// True if the text is in Unicode's composed form, in which texts that Swift takes for equal have equal bytes.
  private static func isComposed(_ text: String) -> Bool {
    text.utf8.allSatisfy { $0 < 0x80 } || text.precomposedStringWithCanonicalMapping.utf8.elementsEqual(text.utf8)
  }
}
