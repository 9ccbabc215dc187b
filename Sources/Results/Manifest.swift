import Foundation

/// Reads `OUT/manifest.jsonl` one line at a time, because it may have hundreds of thousands of lines.
///
/// Incomplete lines, and lines of items that would lead out of the folder, are left out.
package struct Manifest {
  /// The bytes of a line in the file, including its end.
  package struct Line: Sendable, Hashable {
    package let start: Int
    package let count: Int
  }

  private static let lineEnd = UInt8(ascii: "\n")
  /// Nil if there is no such file.
  private let file: FileHandle?

  package init(of folder: String) {
    file = FileHandle(forReadingAtPath: (folder as NSString).appendingPathComponent(ResultStore.manifestFile))
  }

  /// Calls `body` for all whole lines in their order, with the facts that all jobs record.
  package func forEach(_ body: (_ record: ResultRecord<NoFacts>, _ line: Line) throws -> Void) throws {
    try forEach(NoFacts.self, body)
  }

  /// Calls `body` for all whole lines, in their order.
  ///
  /// - Parameter facts: the type of the job's own facts that are read too.
  package func forEach<Facts>(_ facts: Facts.Type, _ body: (_ record: ResultRecord<Facts>, _ line: Line) throws -> Void) throws {
    guard let file else { return }
    try file.seek(toOffset: 0)
    var start = 0
    var rest = Data()
    while let piece = try file.read(upToCount: 1 << 20), !piece.isEmpty {
      rest.append(piece)
      while let end = rest.firstIndex(of: Self.lineEnd) {
        let line = Line(start: start, count: end - rest.startIndex + 1)
        if let record: ResultRecord<Facts> = Self.record(rest[..<end]) { try body(record, line) }
        start += line.count
        rest = rest[(end + 1)...]
      }
      rest = Data(rest)
    }
  }

  /// Returns the last line of each item.
  package func latest() throws -> [String: Line] {
    var latest: [String: Line] = [:]
    try forEach { record, line in latest[record.item] = line }
    return latest
  }

  /// Reads the record in a line.
  /// - Throws: `ResultsError` if the line isn't there any more.
  package func record<Facts>(at line: Line, _ facts: Facts.Type = NoFacts.self) throws -> ResultRecord<Facts> {
    guard let record: ResultRecord<Facts> = Self.record(try bytes(of: line).dropLast()) else { throw Self.changed }
    return record
  }

  package func bytes(of line: Line) throws -> Data {
    try file?.seek(toOffset: UInt64(line.start))
    guard let bytes = try file?.read(upToCount: line.count), bytes.count == line.count else { throw Self.changed }
    return bytes
  }

  private static func record<Facts>(_ bytes: Data) -> ResultRecord<Facts>? {
    guard let record = ResultJSON.value(ResultRecord<Facts>.self, String(decoding: bytes, as: UTF8.self)),
      ItemNames.isItem(record.item)
    else { return nil }
    return record
  }

  private static var changed: ResultsError {
    ResultsError(
      .system, "\(ResultStore.manifestFile) has become shorter while it was read; run it again when nothing else writes it")
  }
}
