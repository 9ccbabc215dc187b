import Foundation

/// A text list of classes, in any of the common forms: `wnid`, `wnid words`, `wnid,words`, with tabs, with a number before the
/// id, or with one after it as in the development kit's `map_clsloc.txt`.
public struct ClassList: Sendable {
  public struct Entry: Sendable, Hashable {
    /// The class's id, which is the name of its folder; see `FileName.written`.
    public let wnid: String
    /// The class's name for people; nil if the list has none.
    public let words: String?
    /// The number that the list gives to the class; nil in lists without numbers.
    public let number: Int?
    /// The line's number, from 1.
    public let line: Int
  }

  public let path: String
  /// The entries in the order of the lines.
  public let entries: [Entry]

  /// True if the list gives its classes numbers, whose order need not be that of the lines or of the ids.
  public var hasNumbers: Bool { entries.first?.number != nil }

  /// - Throws: `TextListError` if the list can't be read, names no class, or names a class or number twice with different
  ///   contents.
  public init(contentsOf path: String) throws(TextListError) { try self.init(TextList(contentsOf: path)) }

  public init(_ list: TextList) throws(TextListError) {
    path = list.path
    var rows = list.entries.map { line in Row(line) }
    if rows.count > 1, Self.headings.contains(rows[0].head.text.lowercased()), !rows[0].isOfSynset,
      rows.dropFirst().allSatisfy({ $0.isOfSynset || $0.head.integer != nil })
    {
      rows.removeFirst()
    }
    guard !rows.isEmpty else { throw TextListError(path, "it lists no classes; expected lines \"wnid words\"") }
    if rows.allSatisfy({ $0.head.integer != nil && $0.inner.isSynset }) {
      entries = rows.map { Entry(wnid: $0.inner.head.id, words: $0.inner.words, number: $0.head.integer, line: $0.line.number) }
    } else if rows.allSatisfy({ $0.isSynset && $0.inner.head.integer != nil }) {
      entries = rows.map { Entry(wnid: $0.head.id, words: $0.inner.words, number: $0.inner.head.integer, line: $0.line.number) }
    } else {
      entries = rows.map { Entry(wnid: $0.head.id, words: $0.words, number: nil, line: $0.line.number) }
    }
    try requireUnique()
  }

  private static let headings: Set = [
    "wnid", "synset", "synset_id", "synsets", "id", "class", "class_id", "classid", "index", "label", "folder", "name", "number",
  ]

  private func requireUnique() throws(TextListError) {
    var lines: [String: Entry] = [:]
    var numbers: [Int: Entry] = [:]
    for entry in entries {
      if let other = lines.updateValue(entry, forKey: entry.wnid), other.words != entry.words || other.number != entry.number {
        throw TextListError(path, line: entry.line, "class \(entry.wnid) stands in line \(other.line) too, with something else")
      }
      if let number = entry.number, let other = numbers.updateValue(entry, forKey: number), other.wnid != entry.wnid {
        throw TextListError(path, line: entry.line, "number \(number) is that of \(other.wnid) in line \(other.line) too")
      }
    }
  }

  /// The first column of a line, and the rest of the line; `inner` divides that rest again.
  private struct Row {
    let line: TextList.Line
    let head: TextList.Field
    let rest: TextList.Field

    init(_ line: TextList.Line) {
      self.line = line
      (head, rest) = line.split(line.whole)
    }

    private init(_ line: TextList.Line, _ text: TextList.Field) {
      self.line = line
      (head, rest) = line.split(text)
    }

    var inner: Row { Row(line, rest) }
    var words: String? { rest.bytes.isEmpty ? nil : rest.text }
    /// True if the first column is a WordNet id, such as n01440764.
    var isSynset: Bool {
      head.bytes.count == 9 && head.bytes.first.map { (0x61...0x7A).contains($0) } == true
        && head.bytes.dropFirst().allSatisfy { (0x30...0x39).contains($0) }
    }
    /// True if the line has a WordNet id in its first column, or in its second after a number.
    var isOfSynset: Bool { isSynset || (head.integer != nil && inner.isSynset) }
  }
}

extension TextList.Field {
  /// The class's id: the text of its folder's name.
  fileprivate var id: String { name.written }
}

extension TextList.Line {
  /// The first column of a text, and the rest. They are divided by the first tab, or, if there is no tab, by the first blank,
  /// comma or semicolon. A column in quotation marks stays whole.
  fileprivate func split(_ text: TextList.Field) -> (head: TextList.Field, rest: TextList.Field) {
    let bytes = text.bytes
    let quoted = Self.quotedColumn(bytes)
    let tab = bytes.firstIndex(of: 9)
    let end =
      quoted ?? tab ?? bytes.firstIndex { $0 == 0x20 || $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: ";") } ?? bytes.endIndex
    var rest = Self.trimmed(bytes[end...])
    if let first = rest.first, first == UInt8(ascii: ",") || first == UInt8(ascii: ";") { rest = Self.trimmed(rest.dropFirst()) }
    return (Self.unquoted(Self.trimmed(bytes[..<end])), Self.unquoted(rest))
  }
}
