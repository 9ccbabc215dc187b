/// One header of a tar, 512 bytes.
///
/// Source: POSIX.1-2017, pax, "ustar Interchange Format"; GNU tar's manual, "Basic Tar Format".
struct TarHeader {
  static let blockBytes = 512

  enum Kind: Equatable {
    case file, folder, hardLink, link, device, sparse, volumePart
    /// GNU tar's long name for the next member; its long link target.
    case longName, longTarget
    /// Records of pax for the next member; records for all members that follow.
    case records, commonRecords
    /// The label of a volume, and other entries that are no members.
    case label
  }

  let kind: Kind
  let name: [UInt8]
  let size: Int
  /// True if more blocks follow that say where the parts of a sparse file belong.
  let isExtended: Bool

  enum Problem: Error {
    case noHeader(String)
  }

  /// - Returns: nil for a block of zeros, which marks the end of the tar.
  init?(_ block: [UInt8]) throws(Problem) {
    if block.allSatisfy({ $0 == 0 }) { return nil }
    guard let stated = Self.number(block[148..<156]), Self.sums(block).contains(stated) else {
      throw .noHeader("a member's header with its checksum is expected, and none is there")
    }
    guard let size = Self.number(block[124..<136]) else { throw .noHeader("the header says no size") }
    self.size = size
    let isPOSIX = block[257..<263].elementsEqual(Array("ustar".utf8) + [0])
    let own = block[0..<100].prefix { $0 != 0 }
    let prefix = isPOSIX ? block[345..<500].prefix { $0 != 0 } : []
    name = prefix.isEmpty ? Array(own) : Array(prefix) + [UInt8(ascii: "/")] + own
    isExtended = block[156] == UInt8(ascii: "S") && block[482] != 0
    kind = Self.kind(block[156])
  }

  private static func kind(_ flag: UInt8) -> Kind {
    switch flag {
    case UInt8(ascii: "1"): .hardLink
    case UInt8(ascii: "2"): .link
    case UInt8(ascii: "3"), UInt8(ascii: "4"), UInt8(ascii: "6"): .device
    case UInt8(ascii: "5"), UInt8(ascii: "D"): .folder
    case UInt8(ascii: "S"): .sparse
    case UInt8(ascii: "M"): .volumePart
    case UInt8(ascii: "L"): .longName
    case UInt8(ascii: "K"): .longTarget
    case UInt8(ascii: "x"), UInt8(ascii: "X"): .records
    case UInt8(ascii: "g"): .commonRecords
    case UInt8(ascii: "V"), UInt8(ascii: "A"): .label
    default: .file
    }
  }

  /// The two sums that a header's checksum may be: all bytes added, with blanks in place of the checksum itself. Some old
  /// programs took the bytes as signed.
  private static func sums(_ block: [UInt8]) -> [Int] {
    var (unsigned, signed) = (0, 0)
    for (index, byte) in block.enumerated() {
      let byte = (148..<156).contains(index) ? 0x20 : byte
      unsigned += Int(byte)
      signed += Int(Int8(bitPattern: byte))
    }
    return [unsigned, signed]
  }

  /// A number in octal digits, or in GNU tar's binary form for large numbers; nil if it is neither, negative, or too large for
  /// `Int`.
  static func number(_ field: ArraySlice<UInt8>) -> Int? {
    if field.first == 0x80 {
      return field.dropFirst().reduce(0 as Int?) { value, byte in
        value.flatMap { $0 >> 55 == 0 ? $0 << 8 | Int(byte) : nil }
      }
    }
    let digits = field.drop { $0 == 0x20 }.prefix { $0 != 0 && $0 != 0x20 }
    guard digits.count <= 20, digits.allSatisfy({ (0x30...0x37).contains($0) }) else { return nil }
    return digits.reduce(0) { $0 << 3 | Int($1 - 0x30) }
  }
}
