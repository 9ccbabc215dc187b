/// HTML of pages.
package enum HTML {
  /// A whole page in English, for light and dark screens of any width.
  ///
  /// - Parameters:
  ///   - title: plain text.
  ///   - body: HTML.
  ///   - attributes: attributes of the body element, as HTML.
  package static func page(title: String, style: String, attributes: String = "", body: String) -> String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>\(escape(title)) · deepinside</title>
    <style>\(style)</style>
    </head>
    <body\(attributes.isEmpty ? "" : " " + attributes)>
    \(body)
    </body>
    </html>

    """
  }

  /// Escapes text for HTML, for content and for attributes in quotes.
  package static func escape(_ text: String) -> String {
    var escaped = ""
    for character in text.unicodeScalars {
      switch character {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      default: escaped.unicodeScalars.append(character)
      }
    }
    return escaped
  }
}
