import Foundation

/// Writes tars for tests, a header at a time, as tar itself would or wouldn't.
public struct TarWriter {
  public enum NameForm: CaseIterable, Sendable {
    /// The field of the header, and POSIX's prefix where it must be; longer names can't be written.
    case ustar
    /// GNU's member with the name before the member.
    case gnu
    /// The record of an extended header.
    case pax
  }

  public private(set) var bytes: [UInt8] = []
  private let form: NameForm

  public init(_ form: NameForm = .ustar) { self.form = form }

  public mutating func add(_ name: [UInt8], _ content: [UInt8] = [], type: Character = "0") {
    var (field, prefix) = (name, [UInt8]())
    switch form {
    case .ustar where name.count > 100:
      guard let slash = name.indices.first(where: { name[$0] == 0x2F && name.count - $0 - 1 <= 100 }) else { break }
      (prefix, field) = (Array(name[..<slash]), Array(name[(slash + 1)...]))
    case .gnu where name.count > 100: member(Array("././@LongLink".utf8), name + [0], type: "L")
    case .pax: member(Array("pax".utf8), Self.record("path", name), type: "x")
    default: break
    }
    member(Array(field.prefix(100)), prefix: prefix, content, type: type)
  }

  public mutating func add(_ name: String, _ content: [UInt8] = [], type: Character = "0") {
    add(Array(name.utf8), content, type: type)
  }

  /// With the mark at the end.
  public func finished() -> [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }

  public static func record(_ key: String, _ value: [UInt8]) -> [UInt8] {
    let rest = Array(" \(key)=".utf8) + value + [0x0A]
    let length = (1...7).map { rest.count + $0 }.first { String($0).count + rest.count == $0 } ?? 0
    return Array(String(length).utf8) + rest
  }

  private mutating func member(_ name: [UInt8], prefix: [UInt8] = [], _ content: [UInt8], type: Character) {
    bytes += Self.header(name, prefix: prefix, size: content.count, type: type) + content
    bytes += [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
  }

  /// A header alone.
  public static func header(_ name: [UInt8], prefix: [UInt8] = [], size: Int, type: Character = "0") -> [UInt8] {
    var block = [UInt8](repeating: 0, count: 512)
    func put(_ text: [UInt8], _ offset: Int) { block.replaceSubrange(offset..<(offset + text.count), with: text) }
    func octal(_ value: Int, _ digits: Int) -> [UInt8] {
      Array(String(repeating: "0", count: digits - String(value, radix: 8).count).utf8) + Array(String(value, radix: 8).utf8)
    }
    put(name, 0)
    put(octal(0o644, 7), 100)
    put(octal(size, 11), 124)
    put(octal(1_700_000_000, 11), 136)
    put([type.asciiValue ?? 0], 156)
    put(Array("ustar".utf8) + [0] + Array("00".utf8), 257)
    put(prefix, 345)
    put([UInt8](repeating: 0x20, count: 8), 148)
    put(octal(block.reduce(0) { $0 + Int($1) }, 6) + [0, 0x20], 148)
    return block
  }
}
