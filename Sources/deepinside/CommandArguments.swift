import ArgumentParser
import Files
import Foundation

/// The arguments of the program as bytes, because file names need not be UTF-8.
enum CommandArguments {
  /// The options whose paths are read as bytes.
  private static let byBytes: Set = ["--images"]

  /// The arguments for the parser.
  ///
  /// - Throws: `ValidationError` that names an argument which is empty, an option with one dash, or isn't UTF-8 where it must be text: such a name couldn't appear in
  ///   the JSON, the tables and the pages that cite it.
  static func texts() throws -> [String] {
    let pointers = UnsafeBufferPointer(start: CommandLine.unsafeArgv, count: Int(CommandLine.argc)).dropFirst()
    return try texts(of: pointers.compactMap { $0.map { Array(UnsafeRawBufferPointer(start: $0, count: strlen($0))) } })
  }

  static func texts(of arguments: [[UInt8]]) throws -> [String] {
    var option = ""
    return try arguments.map { bytes in
      let text = FileName.argument(bytes)
      // The parser would take `-batch` for -b, -a, -t, -c and -h, and print the help as if that was asked for.
      if option != "--", text.count > 2, text.hasPrefix("-"), text.dropFirst().first?.isLetter == true {
        throw ValidationError("\(text): options begin with two dashes, as in -\(text).")
      }
      if text.hasPrefix("--") { option = String(text.prefix { $0 != "=" }) }
      if text.isEmpty || text == option + "=" {
        throw ValidationError("an empty value\(option.isEmpty ? "" : " (\(option))"): is a variable of the shell not set?")
      }
      if FileName.isEncoded(text), !byBytes.contains(option) {
        let place = option.isEmpty || FileName.isEncoded(option) ? "" : " (\(option))"
        throw ValidationError(
          "the argument '\(FileName(bytes: bytes).written)'\(place) is no UTF-8: each %XX stands for a byte of it. Rename that file or "
            + "folder, or give a link to it whose name is UTF-8: ln -s … link.")
      }
      return text
    }
  }
}
