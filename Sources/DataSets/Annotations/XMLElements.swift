/// Reads the elements of an XML text, one at a time as they end. It reads as much of XML as annotation files need, and never
/// needs more memory than the text. Deeper nesting than in any annotation is refused, no other file is looked up, and no entity
/// expands to a longer text.
///
/// Names are given without their namespace's prefix. Attributes, comments, declarations and processing instructions are skipped,
/// CDATA sections are text. The five predefined entities and those of character numbers are known. Source: XML 1.0
struct XMLElements {
  /// An element that has ended.
  struct Element {
    /// The names from the root's to its own.
    let path: [String]
    /// Its own text after its last inner element, without blanks around it.
    let text: [UInt8]
    /// The name of an unknown entity in the text, or nil.
    let unknownEntity: String?
  }

  /// The most elements that may be nested in each other.
  static let deepest = 64

  private let bytes: [UInt8]
  private var index = 0
  /// The names of the open elements, as the text has them and without prefix.
  private var open: [(tag: ArraySlice<UInt8>, name: String)] = []
  private var text: [UInt8] = []
  private var unknownEntity: String?
  private var hasRoot = false

  /// - Parameter bytes: The text in UTF-8; see `XMLText`.
  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The next element that ends; nil after the root.
  ///
  /// - Throws: `XMLProblem` if the text is no XML.
  mutating func next() throws(XMLProblem) -> Element? {
    while index < bytes.count {
      if bytes[index] != UInt8(ascii: "<") {
        try readText()
      } else if isNext("<!--") {
        index = try end(of: "a comment", "-->", after: index + 4)
      } else if isNext("<![CDATA[") {
        try readCDATA()
      } else if isNext("<?") {
        index = try end(of: "a processing instruction", "?>", after: index + 2)
      } else if isNext("<!") {
        try skipDeclaration()
      } else if isNext("</") {
        return try readEnd()
      } else if let empty = try readStart() {
        return empty
      }
    }
    guard let (_, name) = open.last else {
      if !hasRoot { throw XMLProblem("no elements") }
      return nil
    }
    throw XMLProblem("<\(name)> isn't closed")
  }

  // MARK: - Text

  private mutating func readText() throws(XMLProblem) {
    let end = bytes[index...].firstIndex(of: UInt8(ascii: "<")) ?? bytes.endIndex
    defer { index = end }
    if open.isEmpty {
      guard bytes[index..<end].allSatisfy(Self.isBlank) else { throw XMLProblem("text outside of the elements") }
      return
    }
    var place = index
    while place < end {
      guard bytes[place] == UInt8(ascii: "&") else {
        text.append(bytes[place])
        place += 1
        continue
      }
      // A lone & stands for itself, as careless writers mean it.
      let name = bytes[(place + 1)..<end].prefix { $0 != UInt8(ascii: ";") && !Self.isBlank($0) && $0 != UInt8(ascii: "&") }
      guard name.endIndex < end, bytes[name.endIndex] == UInt8(ascii: ";"), !name.isEmpty else {
        text.append(bytes[place])
        place += 1
        continue
      }
      if let character = Self.character(String(decoding: name, as: UTF8.self)) {
        text += Array(String(character).utf8)
      } else {
        unknownEntity = String(decoding: name.prefix(40), as: UTF8.self)
      }
      place = name.endIndex + 1
    }
  }

  private mutating func readCDATA() throws(XMLProblem) {
    guard !open.isEmpty else { throw XMLProblem("text outside of the elements") }
    let start = index + 9
    index = try end(of: "a CDATA section", "]]>", after: start)
    text += bytes[start..<(index - 3)]
  }

  /// The character that an entity stands for, given its name without & and ;; nil if it isn't known.
  private static func character(_ entity: String) -> Character? {
    switch entity {
    case "lt": return "<"
    case "gt": return ">"
    case "quot": return "\""
    case "apos": return "'"
    case "amp": return "&"
    default:
      guard entity.hasPrefix("#") else { return nil }
      let isHexadecimal = entity.hasPrefix("#x")
      let digits = entity.dropFirst(isHexadecimal ? 2 : 1)
      guard let first = digits.first, first.isHexDigit else { return nil }
      return UInt32(digits, radix: isHexadecimal ? 16 : 10).flatMap(UnicodeScalar.init).map(Character.init)
    }
  }

  // MARK: - Tags

  /// - Returns: The element, if the tag also ends it.
  private mutating func readStart() throws(XMLProblem) -> Element? {
    let start = index + 1
    guard start < bytes.count, Self.startsName(bytes[start]) else { throw XMLProblem("a < that begins no tag") }
    if open.isEmpty, hasRoot { throw XMLProblem("a second root element") }
    guard open.count < Self.deepest else {
      throw XMLProblem("more than \(Self.deepest) elements in each other; is it an annotation?")
    }
    var quote: UInt8?
    var end = start
    while end < bytes.count, quote != nil || bytes[end] != UInt8(ascii: ">") {
      let byte = bytes[end]
      if let current = quote {
        if byte == current { quote = nil }
      } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
        quote = byte
      } else if byte == UInt8(ascii: "<") {
        throw XMLProblem("a tag isn't closed")
      }
      end += 1
    }
    guard end < bytes.count else { throw XMLProblem("a tag isn't closed") }
    let isEmpty = bytes[end - 1] == UInt8(ascii: "/")
    let tag = bytes[start..<end].prefix { !Self.isBlank($0) && $0 != UInt8(ascii: "/") }
    hasRoot = true
    index = end + 1
    text = []
    unknownEntity = nil
    open.append((tag, Self.localName(tag)))
    return isEmpty ? close() : nil
  }

  private mutating func readEnd() throws(XMLProblem) -> Element {
    let start = index + 2
    guard let end = bytes[start...].firstIndex(of: UInt8(ascii: ">")) else { throw XMLProblem("a tag isn't closed") }
    let tag = bytes[start..<end].prefix { !Self.isBlank($0) }
    guard let last = open.last, last.tag == tag, bytes[tag.endIndex..<end].allSatisfy(Self.isBlank) else {
      throw XMLProblem("</\(String(decoding: tag.prefix(40), as: UTF8.self))> ends what isn't open")
    }
    index = end + 1
    return close()
  }

  private mutating func close() -> Element {
    let first = text.firstIndex { !Self.isBlank($0) } ?? text.endIndex
    let last = text.lastIndex { !Self.isBlank($0) } ?? first - 1
    let element = Element(path: open.map(\.name), text: Array(text[first..<(last + 1)]), unknownEntity: unknownEntity)
    open.removeLast()
    text = []
    unknownEntity = nil
    return element
  }

  /// Skips a declaration of the document type with everything in it: `<!DOCTYPE a [ … ]>`.
  private mutating func skipDeclaration() throws(XMLProblem) {
    var isInside = false
    index += 2
    while index < bytes.count {
      if isNext("<!--") {
        index = try end(of: "a comment", "-->", after: index + 4)
        continue
      }
      if isNext("<?") {
        index = try end(of: "a processing instruction", "?>", after: index + 2)
        continue
      }
      let byte = bytes[index]
      index += 1
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "'"):
        guard let end = bytes[index...].firstIndex(of: byte) else { throw XMLProblem("a declaration isn't closed") }
        index = end + 1
      case UInt8(ascii: "["): isInside = true
      case UInt8(ascii: "]"): isInside = false
      case UInt8(ascii: ">") where !isInside: return
      default: break
      }
    }
    throw XMLProblem("a declaration isn't closed")
  }

  // MARK: - Bytes

  private func isNext(_ mark: StaticString) -> Bool {
    guard index + mark.utf8CodeUnitCount <= bytes.count else { return false }
    return (0..<mark.utf8CodeUnitCount).allSatisfy { bytes[index + $0] == mark.utf8Start[$0] }
  }

  /// The index after a closing mark.
  private func end(of what: String, _ mark: String, after start: Int) throws(XMLProblem) -> Int {
    let mark = Array(mark.utf8)
    var place = start
    while place + mark.count <= bytes.count {
      if bytes[place] == mark[0], bytes[place..<(place + mark.count)].elementsEqual(mark) { return place + mark.count }
      place += 1
    }
    throw XMLProblem("\(what) isn't closed")
  }

  private static func localName(_ tag: ArraySlice<UInt8>) -> String {
    let colon = tag.lastIndex(of: UInt8(ascii: ":"))
    return String(decoding: colon.map { tag[($0 + 1)...] } ?? tag, as: UTF8.self)
  }

  private static func startsName(_ byte: UInt8) -> Bool {
    (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ":")
      || byte >= 0x80
  }

  static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (9...13).contains(byte) }
}
