import Foundation

/// Writes tables of text as CSV; `TextList.rows` reads them. Source: RFC 4180
public enum CSV {
  private static let comma = UInt8(ascii: ",")
  private static let quote = UInt8(ascii: "\"")

  /// One line of a table with its line end. Fields are divided by commas; a field that holds a comma, a quotation mark or a line
  /// end is put in quotation marks.
  public static func row(_ fields: [String]) -> String { fields.map(field).joined(separator: ",") + "\n" }

  static func field(_ text: String) -> String {
    // Compares bytes and not characters: CR LF is one `Character`, and so is a quotation mark with an accent on it.
    guard text.utf8.contains(where: { [comma, quote, 10, 13].contains($0) }) else { return text }
    let doubled = text.utf8.flatMap { $0 == quote ? [quote, quote] : [$0] }
    return String(decoding: [quote] + doubled + [quote], as: UTF8.self)
  }
}
