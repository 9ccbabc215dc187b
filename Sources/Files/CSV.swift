import Foundation

/// Tables of text. Source: RFC 4180
public enum CSV {
  /// Quotation marks around what holds a comma or a quotation mark.
  public static func field(_ text: String) -> String {
    // By bytes: a line end of two is one character.
    let needs = text.utf8.contains { [UInt8(ascii: ","), UInt8(ascii: "\""), 10, 13].contains($0) }
    return needs ? "\"\(text.replacing("\"", with: "\"\""))\"" : text
  }

  /// The fields of a line, without their quotation marks.
  public static func fields(_ line: String) -> [String] {
    var fields = [""]
    var isQuoted = false
    var hasJustClosed = false
    for character in line {
      if character == "\"" {
        // Two in a quotation are one of the text.
        if hasJustClosed { fields[fields.count - 1].append(character) }
        isQuoted.toggle()
        hasJustClosed = !isQuoted
        continue
      }
      hasJustClosed = false
      if character == ",", !isQuoted { fields.append("") } else { fields[fields.count - 1].append(character) }
    }
    return fields
  }
}
