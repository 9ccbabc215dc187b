import Foundation

extension FileName {
  /// The one way of writing a name as text: its characters, with %XX for every byte of what is no UTF-8, of control and
  /// format characters, and of characters in another form than Unicode's composed one (NFC); and for a % that two
  /// hexadecimal digits follow.
  ///
  /// Names of printable ASCII and most others stay as they are: `caf%E9.jpg` is one of Latin-1, `100%.jpg` is itself. Texts of
  /// different names differ, as Strings of Swift too, and hold no line ends; `init(written:)` takes them back.
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
    // Should ever characters compose across what was looked at one by one.
    return Self.isComposed(text) ? text : Self.plain(bytes)
  }

  /// The name that a text was written of.
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

  /// The byte that three characters write, nil when there is no escape.
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

  /// The end of the first bytes that are UTF-8. Source: Unicode 15, table 3-7
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

  /// Valid text as it is written; `rest` follows it in the name.
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

  /// With nothing but printable ASCII.
  private static func plain(_ bytes: [UInt8]) -> String {
    bytes.indices.map { index in
      let isPlain = (0x20...0x7E).contains(bytes[index]) && escape(at: index, in: bytes[...]) == nil
      return isPlain ? String(UnicodeScalar(bytes[index])) : escaped(bytes[index])
    }.joined()
  }

  /// Whether an accent stands alone or on something else than a letter: it would join with whatever comes before the name.
  private static func isLoose(_ character: Character) -> Bool {
    guard let first = character.unicodeScalars.first else { return false }
    switch first.properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark: return true
    default: return first.isASCII && character.unicodeScalars.count > 1
    }
  }

  /// Whether the text is in Unicode's composed form, in which texts that Swift takes for equal have equal bytes.
  private static func isComposed(_ text: String) -> Bool {
    text.utf8.allSatisfy { $0 < 0x80 } || text.precomposedStringWithCanonicalMapping.utf8.elementsEqual(text.utf8)
  }
}
