import Foundation

/// The one writer of tables of text; `TextList.rows` reads them back. Source: RFC 4180
public enum CSV {
  private static let comma = UInt8(ascii: ",")
  private static let quote = UInt8(ascii: "\"")

  /// A line of a table, with its end: a comma between fields, and quotation marks around those that hold a comma, a quotation mark or a
  /// line end.
  public static func row(_ fields: [String]) -> String { fields.map(field).joined(separator: ",") + "\n" }

  static func field(_ text: String) -> String {
    // By bytes: a line end of two, or a quotation mark with an accent on it, is one character.
    guard text.utf8.contains(where: { [comma, quote, 10, 13].contains($0) }) else { return text }
    let doubled = text.utf8.flatMap { $0 == quote ? [quote, quote] : [$0] }
    return String(decoding: [quote] + doubled + [quote], as: UTF8.self)
  }
}
