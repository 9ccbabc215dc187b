import Foundation

extension TextList {
  /// A line of a list, without its end.
  public struct Line: Sendable {
    /// The path of the file that the line comes from.
    public let list: String
    /// The line's number, from 1.
    public let number: Int
    public let bytes: ArraySlice<UInt8>

    /// True if the line has nothing but blanks and tabs.
    public var isBlank: Bool { bytes.allSatisfy(Self.isBlank) }

    /// The line without blanks around it.
    public var whole: Field { Field(bytes: Self.trimmed(bytes)) }

    /// Makes an error about this line from what was expected; it adds what was found.
    public func error(expected: String) -> TextListError { error("expected \(expected), found \"\(shown)\"") }

    /// Makes an error about this line.
    public func error(_ reason: String) -> TextListError { TextListError(list, line: number, reason) }

    /// The start of the line, printable, for a message.
    public var shown: String {
      let text = FileName(bytes: bytes).written
      return text.count > 80 ? text.prefix(80) + "…" : text
    }

    /// The words of the line, divided by blanks and tabs. A word in quotation marks may hold blanks and tabs.
    ///
    /// - Parameter most: The largest number of words; the last one then takes the whole rest of the line.
    public func words(most: Int = .max) -> [Field] {
      var words: [Field] = []
      var rest = Self.trimmed(bytes)
      while !rest.isEmpty {
        if words.count == most - 1 {
          words.append(Self.unquoted(rest))
          break
        }
        let end = Self.quotedEnd(rest) ?? rest.firstIndex(where: Self.isBlank) ?? rest.endIndex
        words.append(Self.unquoted(rest[..<end]))
        rest = Self.trimmed(rest[end...])
      }
      return words
    }

    /// The last word, and all before it: for "a picture.jpg 7" these are "7" and "a picture.jpg". Nil if there is only one word.
    public func lastWord() -> (before: Field, last: Field)? {
      let whole = Self.trimmed(bytes)
      guard let blank = whole.lastIndex(where: { Self.isBlank($0) || $0 == UInt8(ascii: ",") }) else { return nil }
      return (Self.unquoted(Self.trimmed(whole[..<blank])), Self.unquoted(whole[(blank + 1)...]))
    }

    /// The fields of the line as a row of a table. For rows that may have several lines see `TextList.rows`.
    ///
    /// - Throws: `TextListError` if a quotation mark isn't closed.
    public func fields(separator: UInt8 = UInt8(ascii: ",")) throws(TextListError) -> [Field] {
      guard let (fields, _) = Self.fields(of: bytes, separator) else { throw error("a quotation mark isn't closed") }
      return fields
    }

    /// The fields from the start of a text to the first line end outside quotation marks, and the index of that line end; nil if
    /// a quotation mark isn't closed. Source: RFC 4180
    static func fields(of text: ArraySlice<UInt8>, _ separator: UInt8) -> (fields: [Field], end: Int)? {
      var fields: [Field] = []
      var field: [UInt8] = []
      var isQuoted = false
      var index = text.startIndex
      while index < text.endIndex {
        let byte = text[index]
        if isQuoted, byte == Self.quote {
          let isDoubled = index + 1 < text.endIndex && text[index + 1] == Self.quote
          if isDoubled { field.append(byte) } else { isQuoted = false }
          index += isDoubled ? 2 : 1
          continue
        }
        if !isQuoted, byte == 10 || byte == 13 { break }
        if !isQuoted, byte == separator {
          fields.append(Field(bytes: field[...]))
          field = []
        } else if !isQuoted, byte == Self.quote, field.allSatisfy(Self.isBlank) {
          (field, isQuoted) = ([], true)
        } else {
          field.append(byte)
        }
        index += 1
      }
      return isQuoted ? nil : (fields + [Field(bytes: field[...])], index)
    }

    private static let quote = UInt8(ascii: "\"")

    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 9 }

    static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
      guard let first = bytes.firstIndex(where: { !isBlank($0) }), let last = bytes.lastIndex(where: { !isBlank($0) }) else {
        return []
      }
      return bytes[first...last]
    }

    /// The end of a quotation at the start of a text; nil if there is none. Its closing mark must end a word.
    private static func quotedEnd(_ text: ArraySlice<UInt8>) -> Int? { quotedEnd(text, before: isBlank) }

    /// The end of a quotation at the start of a text, which must be a whole column of a table; nil if there is none.
    static func quotedColumn(_ text: ArraySlice<UInt8>) -> Int? {
      quotedEnd(text) { isBlank($0) || $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: ";") }
    }

    private static func quotedEnd(_ text: ArraySlice<UInt8>, before isEnd: (UInt8) -> Bool) -> Int? {
      guard text.first == quote else { return nil }
      var index = text.startIndex + 1
      while index < text.endIndex {
        if text[index] == quote {
          let next = index + 1
          if next == text.endIndex || isEnd(text[next]) { return next }
          if text[next] == quote { index += 1 }
        }
        index += 1
      }
      return nil
    }

    static func unquoted(_ text: ArraySlice<UInt8>) -> Field {
      guard text.count >= 2, quotedEnd(text) == text.endIndex else { return Field(bytes: text) }
      var inner: [UInt8] = []
      var isEscaped = false
      for byte in text.dropFirst().dropLast() {
        // Two quotation marks in a row stand for one.
        isEscaped = byte == quote && !isEscaped
        if !isEscaped { inner.append(byte) }
      }
      return Field(bytes: inner[...])
    }
  }

  /// A part of a line.
  public struct Field: Sendable, Hashable {
    public let bytes: ArraySlice<UInt8>

    /// The text for people, in which bytes that aren't UTF-8 are replaced.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The bytes as the name of a file or of a class.
    public var name: FileName { FileName(bytes: bytes) }

    /// The words of a field that holds several.
    public var words: [Field] { Line(list: "", number: 0, bytes: bytes).words() }

    /// The field as a whole number, which may have blanks around it; nil if it is none.
    public var integer: Int? { Int(String(decoding: Line.trimmed(bytes), as: UTF8.self)) }
  }
}
