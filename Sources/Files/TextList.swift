import Foundation

/// A problem of a text list: the message names the file, and the line if there is one.
public struct TextListError: Error, Sendable, Hashable, CustomStringConvertible {
  public let description: String
  /// Why the file can't be read; nil if it can be read, but its contents are wrong.
  public let cause: FileError?

  public init(_ path: String, line: Int? = nil, _ reason: String) {
    description = (line.map { "\(path), line \($0): " } ?? "\(path): ") + reason
    cause = nil
  }

  init(_ error: FileError) {
    description = error.description
    cause = error
  }
}

extension TextListError: StorageRelated {
  public var storageTrouble: StoragePatience.Trouble.Kind? { cause?.storageTrouble }
}

/// A text file of lines, as editors, spreadsheets and other systems write it. All lists are read with it.
///
/// A byte-order mark is left out, UTF-16 with a mark becomes UTF-8, lines end with LF, CRLF or CR, and the last line may have no
/// end. So the same list in any of these forms gives the same lines. A byte that isn't UTF-8 stays as it is, because names of
/// files may have such bytes. What can't be text is an error: zero bytes, and lines of more than a megabyte.
public struct TextList: Sendable {
  /// The most bytes that a line may have; a longer one is an error.
  public static let longestLine = 1 << 20

  public let path: String
  /// The lines in their order, including blank ones, but without those at the end: line n has index n − 1.
  public let lines: [Line]
  /// The number of blank lines after the last other line.
  public let blankLinesAtEnd: Int

  /// The bytes of all lines with their ends.
  private let text: ArraySlice<UInt8>

  /// The lines that aren't blank.
  public var entries: [Line] { lines.filter { !$0.isBlank } }

  /// - Throws: `TextListError` if the file can't be read, or is no text.
  public init(contentsOf path: String) throws(TextListError) {
    let bytes: [UInt8]
    do throws(FileError) { bytes = try WholeFile.read(FileName(path)) } catch { throw TextListError(error) }
    try self.init(bytes, name: path)
  }

  /// - Parameter name: The name that errors use.
  public init(_ bytes: [UInt8], name: String) throws(TextListError) {
    path = name
    let text = try Self.utf8(bytes, name)
    self.text = text
    var lines: [Line] = []
    var start = text.startIndex
    var index = start
    func end(at end: Int) throws(TextListError) {
      let number = lines.count + 1
      guard end - start <= Self.longestLine else {
        throw TextListError(
          name, line: number, "it has \(end - start) bytes, at most \(Self.longestLine) are expected; is it a text list?")
      }
      lines.append(Line(list: name, number: number, bytes: text[start..<end]))
    }
    while index < text.endIndex {
      let byte = text[index]
      if byte == 0 {
        throw TextListError(
          name, line: lines.count + 1,
          "a zero byte: this is no text list, or UTF-16 without a byte-order mark; save it as UTF-8")
      }
      if byte == Self.lineFeed || byte == Self.carriageReturn {
        try end(at: index)
        let isPair = byte == Self.carriageReturn && index + 1 < text.endIndex && text[index + 1] == Self.lineFeed
        index += isPair ? 2 : 1
        start = index
      } else {
        index += 1
      }
    }
    if start < text.endIndex { try end(at: text.endIndex) }
    let count = lines.count
    while let last = lines.last, last.isBlank { lines.removeLast() }
    self.lines = lines
    blankLinesAtEnd = count - lines.count
  }

  private static let lineFeed = UInt8(ascii: "\n")
  private static let carriageReturn = UInt8(ascii: "\r")

  /// The text in UTF-8 without its byte-order mark. Source: Unicode 15, 23.8
  private static func utf8(_ bytes: [UInt8], _ name: String) throws(TextListError) -> ArraySlice<UInt8> {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return bytes[3...] }
    if bytes.starts(with: [0xFF, 0xFE, 0, 0]) || bytes.starts(with: [0, 0, 0xFE, 0xFF]) {
      throw TextListError(name, "it is UTF-32; save it as UTF-8")
    }
    let isLittle = bytes.starts(with: [0xFF, 0xFE])
    guard isLittle || bytes.starts(with: [0xFE, 0xFF]) else { return bytes[...] }
    guard bytes.count.isMultiple(of: 2) else { throw TextListError(name, "it is UTF-16 with half a character at its end") }
    let units = stride(from: 2, to: bytes.count, by: 2).map { index in
      isLittle ? UInt16(bytes[index]) | UInt16(bytes[index + 1]) << 8 : UInt16(bytes[index]) << 8 | UInt16(bytes[index + 1])
    }
    guard let text = String(validating: units, as: UTF16.self) else {
      throw TextListError(name, "it begins like UTF-16 and isn't; save it as UTF-8")
    }
    return Array(text.utf8)[...]
  }

  /// One row of a table: a line, or several if quotation marks enclose line ends.
  public struct Row: Sendable {
    public let line: Line
    public let fields: [Field]
  }

  /// The rows of the list as a table, without blank lines between them. Source: RFC 4180
  ///
  /// - Parameter separator: The byte between fields; nil takes `separator`.
  /// - Throws: `TextListError` if a quotation mark isn't closed within a megabyte.
  public func rows(separator: UInt8? = nil) throws(TextListError) -> [Row] {
    let separator = separator ?? self.separator
    var rows: [Row] = []
    var next = 0
    while next < lines.count {
      let line = lines[next]
      next += 1
      if line.isBlank { continue }
      let start = line.bytes.startIndex
      guard let (fields, end) = Line.fields(of: text[start...].prefix(Self.longestLine + 1), separator) else {
        throw line.error("a quotation mark isn't closed")
      }
      rows.append(Row(line: Line(list: path, number: line.number, bytes: text[start..<end]), fields: fields))
      while next < lines.count, lines[next].bytes.startIndex <= end { next += 1 }
    }
    return rows
  }

  /// The byte between the fields of a table: that of comma, semicolon and tab which is most frequent in the first line.
  public var separator: UInt8 {
    let first = lines.first?.bytes ?? []
    var (best, most) = (UInt8(ascii: ","), 0)
    for candidate in [best, UInt8(ascii: ";"), 9] {
      let count = first.count { $0 == candidate }
      if count > most { (best, most) = (candidate, count) }
    }
    return best
  }
}
