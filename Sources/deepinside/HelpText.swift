/// What a command's help says under its abstract: paragraphs that the terminal wraps, and examples that can be pasted.
///
/// A line that begins with `deepinside` or `./launch.sh` is an example, which may go on after a backslash. It is broken before an
/// option where 80 columns end, with a backslash. The other lines of a paragraph are joined.
func helpText(_ source: String) -> String {
  var (lines, prose, example) = ([String](), [Substring](), "")
  func endParagraph() {
    if !prose.isEmpty { lines.append(prose.joined(separator: " ")) }
    prose = []
  }
  for line in source.split(separator: "\n", omittingEmptySubsequences: false) {
    let text = line.drop { $0 == " " }
    if example.hasSuffix("\\") {
      example = example.dropLast() + String(text)
    } else if text.hasPrefix("deepinside ") || text.hasPrefix("./launch.sh ") {
      endParagraph()
      example = String(text)
    } else if text.isEmpty {
      endParagraph()
      lines.append("")
      continue
    } else {
      prose.append(text)
      continue
    }
    if !example.hasSuffix("\\") { lines += broken(example) }
  }
  endParagraph()
  return lines.joined(separator: "\n")
}

/// A command in lines of less than 80 columns, as far as its options allow, which a shell reads as one.
private func broken(_ command: String) -> [String] {
  var parts: [Substring] = []
  for word in command.split(separator: " ") {
    if word.hasPrefix("--") || parts.isEmpty { parts.append(word) } else { parts[parts.count - 1] += " \(word)" }
  }
  var lines: [String] = []
  for part in parts {
    if let last = lines.last, last.count + part.count < 76 {
      lines[lines.count - 1] = "\(last) \(part)"
    } else {
      if let last = lines.last { lines[lines.count - 1] = "\(last) \\" }
      lines.append(lines.isEmpty ? "  \(part)" : "    \(part)")
    }
  }
  return lines
}
