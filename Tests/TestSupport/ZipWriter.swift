/// Writes zips for tests, with the records of 32 bits or of Zip64.
public struct ZipWriter {
  public struct Member {
    public var name: [UInt8]
    /// As they stand in the zip.
    public var packed: [UInt8]
    public var size: Int
    public var checksum: UInt32
    /// 0 stored, 8 deflated.
    public var method = 0
    public var flags = 0
    /// Of Unix.
    public var mode = 0o100644

    public init(name: [UInt8], packed: [UInt8], size: Int, checksum: UInt32, method: Int = 0) {
      (self.name, self.packed, self.size, self.checksum, self.method) = (name, packed, size, checksum, method)
    }
  }

  public var isZip64 = false
  public private(set) var bytes: [UInt8] = []
  private var directory: [UInt8] = []
  private var count = 0

  public init(isZip64: Bool = false) { self.isZip64 = isZip64 }

  public mutating func add(_ member: Member) {
    let offset = bytes.count
    bytes += Self.number(0x0403_4B50, 4) + common(member) + Self.number(0, 2) + member.name + member.packed
    let long =
      isZip64 ? Self.number(1, 2) + Self.number(24, 2) + Self.numbers([member.size, member.packed.count, offset], 8) : []
    directory += Self.number(0x0201_4B50, 4) + [45, 3]
    directory += isZip64 ? common(member, sizes: (0xFFFF_FFFF, 0xFFFF_FFFF)) : common(member)
    directory += Self.number(long.count, 2) + Self.numbers([0, 0, 0], 2) + Self.number(member.mode << 16, 4)
    directory += Self.number(isZip64 ? 0xFFFF_FFFF : offset, 4) + member.name + long
    count += 1
  }

  /// What the local header and the directory have in common: version, flags, method, time, checksum, sizes, length of the name.
  private func common(_ member: Member, sizes: (Int, Int)? = nil) -> [UInt8] {
    Self.numbers([45, member.flags, member.method, 0, 0x5721], 2)
      + Self.numbers([Int(member.checksum), sizes?.0 ?? member.packed.count, sizes?.1 ?? member.size], 4)
      + Self.number(member.name.count, 2)
  }

  /// With the directory.
  public func finished(comment: String = "") -> [UInt8] {
    var all = bytes + directory
    if isZip64 {
      let record = all.count
      all += Self.number(0x0606_4B50, 4) + Self.number(44, 8) + Self.numbers([45, 45], 2) + Self.numbers([0, 0], 4)
      all += Self.numbers([count, count, directory.count, bytes.count], 8)
      all += Self.numbers([0x0706_4B50, 0], 4) + Self.number(record, 8) + Self.number(1, 4)
    }
    all += Self.number(0x0605_4B50, 4) + Self.numbers([0, 0] + (isZip64 ? [0xFFFF, 0xFFFF] : [count, count]), 2)
    all += Self.numbers(isZip64 ? [0xFFFF_FFFF, 0xFFFF_FFFF] : [directory.count, bytes.count], 4)
    return all + Self.number(comment.utf8.count, 2) + Array(comment.utf8)
  }

  private static func number(_ value: Int, _ bytes: Int) -> [UInt8] {
    (0..<bytes).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  private static func numbers(_ values: [Int], _ bytes: Int) -> [UInt8] { values.flatMap { number($0, bytes) } }
}
