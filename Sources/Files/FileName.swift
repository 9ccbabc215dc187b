import Foundation

/// The name or path of a file as the system has it: bytes without a zero, which need not be UTF-8.
///
/// Two names are equal if their bytes are equal. Linux takes é as one character and é as e with an accent for two files, while
/// two such Strings are equal in Swift. In JSON, tables, pages and messages a name is its text `written`, which can be turned
/// back into the name.
public struct FileName: Sendable, Hashable, Comparable, CustomStringConvertible, ExpressibleByStringLiteral {
  public let bytes: [UInt8]

  public init(bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

  /// Makes the name of a text's UTF-8 bytes, as a person types it.
  public init(_ text: some StringProtocol) { bytes = Array(text.utf8) }

  public init(stringLiteral text: String) { self.init(text) }

  public var description: String { written }

  /// Compares the bytes, which gives the same order on every host and in every locale.
  public static func < (one: FileName, other: FileName) -> Bool {
    let order = one.bytes.withUnsafeBytes { one in
      other.bytes.withUnsafeBytes { other in
        let count = min(one.count, other.count)
        return count == 0 ? 0 : memcmp(one.baseAddress!, other.baseAddress!, count)
      }
    }
    return order != 0 ? order < 0 : one.bytes.count < other.bytes.count
  }

  // MARK: - Parts

  private static let slash = UInt8(ascii: "/")
  private static let dot = UInt8(ascii: ".")

  /// The path of `name` in this folder.
  public func appending(_ name: FileName) -> FileName {
    if bytes == [Self.dot] || bytes.isEmpty { return name }
    if name.bytes == [Self.dot] { return self }
    return FileName(bytes: bytes.last == Self.slash ? bytes + name.bytes : bytes + [Self.slash] + name.bytes)
  }

  public func appending(_ name: String) -> FileName { appending(FileName(name)) }

  /// The components of a path.
  public var components: [FileName] { bytes.split(separator: Self.slash).map { FileName(bytes: $0) } }

  /// The last component of a path.
  public var last: FileName {
    var end = bytes[...]
    while end.count > 1, end.last == Self.slash { end.removeLast() }
    return end.lastIndex(of: Self.slash).map { $0 + 1 < end.endIndex ? FileName(bytes: end[($0 + 1)...]) : FileName(bytes: end) }
      ?? FileName(bytes: end)
  }

  /// The folder of a path, or `.` if the path is a bare name.
  public var folder: FileName {
    guard let end = bytes.lastIndex(of: Self.slash) else { return "." }
    return end == 0 ? "/" : FileName(bytes: bytes[..<end])
  }

  /// The last component without its ending.
  public var stem: FileName {
    let name = last
    guard let end = name.bytes.lastIndex(of: Self.dot), end > 0 else { return name }
    return FileName(bytes: name.bytes[..<end])
  }

  /// The ending of the last component without its dot, in lower case; empty if there is none, or if it isn't ASCII.
  public var ending: String {
    guard let dot = bytes.lastIndex(of: Self.dot), dot > 0, bytes[dot - 1] != Self.slash else { return "" }
    let ending = bytes[(dot + 1)...]
    guard !ending.contains(Self.slash) else { return "" }
    return ending.allSatisfy { $0 < 0x80 } ? String(decoding: ending, as: UTF8.self).lowercased() : ""
  }

  /// The path relative to a folder; nil if it doesn't lie below that folder.
  public func relative(to root: FileName) -> FileName? {
    let prefix = root.bytes.last == Self.slash ? root.bytes : root.bytes + [Self.slash]
    guard bytes.starts(with: prefix) else { return nil }
    let rest = bytes[prefix.count...].drop { $0 == Self.slash }
    return rest.isEmpty ? nil : FileName(bytes: rest)
  }

  // MARK: - For the system

  /// The path from the root, without `.` and double slashes. `..` stays, because a link may be before it.
  public var absolute: FileName {
    var path = bytes
    if path.first != Self.slash, let current = getcwd(nil, 0) {
      path = FileName(bytes: UnsafeRawBufferPointer(start: current, count: strlen(current))).bytes + [Self.slash] + path
      free(current)
    }
    let parts = path.split(separator: Self.slash).filter { $0 != [Self.dot] }
    return FileName(bytes: [Self.slash] + parts.joined(separator: [Self.slash]))
  }

  /// Calls `body` with the bytes as a C string, for system calls.
  public func withCString<Result>(_ body: (UnsafePointer<CChar>) throws -> Result) rethrows -> Result {
    var terminated: [CChar] = []
    terminated.reserveCapacity(bytes.count + 1)
    for byte in bytes { terminated.append(CChar(bitPattern: byte)) }
    terminated.append(0)
    return try terminated.withUnsafeBufferPointer { try body($0.baseAddress!) }
  }

  /// The path as a String that `init(_:)` gives back. Nothing is escaped: this isn't `written`, which is for people and lists. Of a
  /// name that is no UTF-8, which no String can give back, it is `written`.
  public var path: String { String(validating: bytes, as: UTF8.self) ?? written }

  // MARK: - As an address

  /// The name as a part of a URL: every byte except letters, digits and `-._~/` becomes %XX. Source: RFC 3986, 2.1
  public var address: String {
    var text = ""
    for byte in bytes {
      let isPlain = Self.isLetterOrDigit(byte) || "-._~/".utf8.contains(byte)
      text += isPlain ? String(UnicodeScalar(byte)) : Self.escaped(byte)
    }
    return text
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }

  static func escaped(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return digits.count < 2 ? "%0" + digits : "%" + digits
  }
}

extension FileName: Codable {
  /// Decodes a name from its text; see `written`.
  public init(from decoder: any Decoder) throws { self.init(written: try decoder.singleValueContainer().decode(String.self)) }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(written)
  }
}
