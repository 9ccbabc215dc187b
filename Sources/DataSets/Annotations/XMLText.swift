import Foundation

/// A problem of an XML text, as a part of a sentence.
struct XMLProblem: Error, Hashable {
  let description: String

  init(_ description: String) { self.description = description }
}

/// Converts the bytes of an XML file to UTF-8, whatever encoding they are in.
///
/// A byte-order mark decides; without one, UTF-16's zero bytes around the first `<`; then the declaration. A declaration of
/// UTF-16 in a file that can be read without it must be wrong, and doesn't count. Source: XML 1.0, appendix F
enum XMLText {
  /// - Throws: `XMLProblem` for an unknown encoding, or bytes that aren't valid in it.
  static func utf8(_ bytes: [UInt8]) throws(XMLProblem) -> [UInt8] {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return Array(bytes.dropFirst(3)) }
    let marks: [(bytes: [UInt8], encoding: String)] = [
      ([0xFF, 0xFE, 0, 0], "UTF-32LE"), ([0, 0, 0xFE, 0xFF], "UTF-32BE"), ([0xFF, 0xFE], "UTF-16LE"), ([0xFE, 0xFF], "UTF-16BE"),
    ]
    if let mark = marks.first(where: { bytes.starts(with: $0.bytes) }) {
      return try converted(bytes.dropFirst(mark.bytes.count), from: mark.encoding)
    }
    if bytes.starts(with: [0x3C, 0]) { return try converted(bytes[...], from: "UTF-16LE") }
    if bytes.starts(with: [0, 0x3C]) { return try converted(bytes[...], from: "UTF-16BE") }
    guard let declared = declaredEncoding(bytes)?.uppercased(), !isReadable(declared) else { return bytes }
    return try converted(bytes[...], from: declared)
  }

  /// True if bytes of that encoding are taken as they are.
  private static func isReadable(_ encoding: String) -> Bool {
    ["UTF-8", "UTF8", "US-ASCII", "ASCII"].contains(encoding) || encoding.hasPrefix("UTF-16") || encoding.hasPrefix("UCS-2")
  }

  /// The name in `<?xml … encoding="…"?>`.
  private static func declaredEncoding(_ bytes: [UInt8]) -> String? {
    guard bytes.starts(with: "<?xml".utf8) else { return nil }
    let start = bytes.prefix(1000)
    let declaration = String(decoding: start[..<(start.firstIndex(of: UInt8(ascii: ">")) ?? start.endIndex)], as: UTF8.self)
    guard let name = declaration.range(of: "encoding") else { return nil }
    let rest = declaration[name.upperBound...].drop { $0.isWhitespace || $0 == "=" }
    guard let mark = rest.first, mark == "\"" || mark == "'" else { return nil }
    return String(rest.dropFirst().prefix { $0 != mark })
  }

  /// Source: iconv(3)
  private static func converted(_ bytes: ArraySlice<UInt8>, from encoding: String) throws(XMLProblem) -> [UInt8] {
    // Names of encodings have only letters, digits and these marks; iconv would take others for options.
    let isName = encoding.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || "-_.:".utf8.contains($0) }
    guard isName, !encoding.isEmpty, let converter = iconv_open("UTF-8", encoding), Int(bitPattern: converter) != -1 else {
      throw XMLProblem("the encoding \"\(encoding.prefix(40))\" isn't known here; save the file as UTF-8")
    }
    defer { iconv_close(converter) }
    var source = bytes.map { CChar(bitPattern: $0) }
    // A byte of any encoding becomes at most four bytes.
    var target = [CChar](repeating: 0, count: 4 * source.count + 16)
    let written: Int? = source.withUnsafeMutableBufferPointer { source in
      target.withUnsafeMutableBufferPointer { target in
        var (from, left) = (source.baseAddress, source.count)
        var (to, room) = (target.baseAddress, target.count)
        let result = iconv(converter, &from, &left, &to, &room)
        return result == .max || left > 0 ? nil : target.count - room
      }
    }
    guard let written else { throw XMLProblem("it is said to be \(encoding) and isn't") }
    return target.prefix(written).map { UInt8(bitPattern: $0) }
  }
}
