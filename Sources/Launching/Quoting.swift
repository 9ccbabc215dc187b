/// Text as a word of a shell's command line.
extension String {
  /// As bash's `printf %q` writes it: a backslash before each character that means something to a shell.
  package var quotedWord: String {
    guard !isEmpty else { return "''" }
    if unicodeScalars.contains(where: { $0.value < 32 || $0.value == 127 }) {
      return "$'" + unicodeScalars.map(Self.escaped).joined() + "'"
    }
    var result = ""
    var previous: Unicode.Scalar?
    for scalar in unicodeScalars {
      let isSpecial =
        " !\"$&'()*,;<>?[\\]^`{|}".unicodeScalars.contains(scalar) || scalar == "#" && previous == nil
        || scalar == "~" && (previous == nil || previous == "=" || previous == ":")
      if isSpecial { result.unicodeScalars.append("\\") }
      result.unicodeScalars.append(scalar)
      previous = scalar
    }
    return result
  }

  private static func escaped(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\n": "\\n"
    case "\t": "\\t"
    case "\r": "\\r"
    case "'", "\\": "\\\(scalar)"
    case _ where scalar.value < 32 || scalar.value == 127: "\\" + octal(scalar.value)
    default: String(scalar)
    }
  }

  private static func octal(_ value: UInt32) -> String {
    let digits = String(value, radix: 8)
    return String(repeating: "0", count: 3 - digits.count) + digits
  }

  /// In single quotes, which mean the same to every shell of a host that is reached by ssh.
  package var singleQuoted: String { "'" + replacing("'", with: "'\\''") + "'" }
}
