import Foundation

/// The places of an archive's members, sorted by their paths' bytes: one buffer of names and a few numbers per member, so that a
/// million pictures take some tens of megabytes.
struct ArchiveIndex: Sendable, Equatable {
  enum Kind: UInt8, Sendable {
    case stored, deflated
    /// A folder: its name ends with a slash.
    case folder
    /// A tar, whose own members are in the index too.
    case archive
    // Members without bytes that could be read.
    case link, sparse, device, volumePart, encrypted, otherCompression
  }

  struct Member: Sendable, Equatable {
    var kind = Kind.stored
    /// The offset of the member's bytes in a tar, or of its local header in a zip.
    var offset = 0
    /// The number of bytes after unpacking.
    var size = 0
    /// The number of bytes in the archive, and below the CRC-32 of the unpacked bytes; used only for zips.
    var packedSize = 0
    var checksum: UInt32 = 0
  }

  var names: [UInt8] = []
  /// The end of each name in `names`.
  var ends: [UInt32] = []
  var kinds: [UInt8] = []
  var offsets: [Int] = []
  var sizes: [Int] = []
  /// Empty in the index of a tar.
  var packedSizes: [Int] = []
  var checksums: [UInt32] = []

  var count: Int { ends.count }

  // MARK: - By number

  /// The range of a name in `names`.
  private func place(_ number: Int) -> Range<Int> { (number == 0 ? 0 : Int(ends[number - 1]))..<Int(ends[number]) }

  func name(_ number: Int) -> FileName { FileName(bytes: names[place(number)]) }

  func member(_ number: Int) -> Member {
    Member(
      kind: Kind(rawValue: kinds[number]) ?? .device, offset: offsets[number], size: sizes[number],
      packedSize: packedSizes.isEmpty ? 0 : packedSizes[number], checksum: checksums.isEmpty ? 0 : checksums[number])
  }

  // MARK: - By name

  /// The member of that path, or nil. A folder is a member only if the archive has an entry for it.
  func member(named name: FileName) -> Member? { number(named: name).map { member($0) } }

  private func number(named name: FileName) -> Int? {
    let number = lowerBound(name.bytes)
    return number < count && names[place(number)].elementsEqual(name.bytes) ? number : nil
  }

  /// True if the archive has a folder, or an archive, of that path; the empty path is the archive itself.
  func isFolder(_ name: FileName) -> Bool {
    if name.bytes.isEmpty { return true }
    let prefix = name.bytes + [Self.slash]
    let number = lowerBound(prefix)
    if number < count, names[place(number)].starts(with: prefix) { return true }
    return member(named: name)?.kind == .archive
  }

  struct Listing {
    /// Folders and inner archives, in the order of their names' bytes.
    var folders: [FileName] = []
    var files: [FileName] = []
    /// A number that differs between the folders of the archive.
    var identity = 0
  }

  /// The contents of a folder; nil if there is no such folder.
  func contents(of folder: FileName) -> Listing? {
    guard isFolder(folder) else { return nil }
    let prefix = folder.bytes.isEmpty ? [] : folder.bytes + [Self.slash]
    var listing = Listing()
    var number = lowerBound(prefix)
    listing.identity = number << 8 | min(255, folder.components.count)
    var folders: Set<FileName> = []
    while number < count, case let name = names[place(number)], name.starts(with: prefix) {
      let rest = name.dropFirst(prefix.count)
      if let slash = rest.firstIndex(of: Self.slash) {
        let inner = FileName(bytes: rest[..<slash])
        folders.insert(inner)
        // Skips everything inside this folder.
        number = lowerBound(prefix + inner.bytes + [Self.slash + 1])
        continue
      }
      if kinds[number] == Kind.archive.rawValue {
        folders.insert(FileName(bytes: rest))
      } else if !rest.isEmpty {
        listing.files.append(FileName(bytes: rest))
      }
      number += 1
    }
    listing.folders = folders.sorted()
    return listing
  }

  private static let slash = UInt8(ascii: "/")

  /// The first member whose name isn't before `key`.
  private func lowerBound(_ key: [UInt8]) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if names.withUnsafeBytes({ names in key.withUnsafeBytes { Self.precedes(names, place(middle), $0, 0..<key.count) } }) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low
  }

  static func precedes(
    _ one: UnsafeRawBufferPointer, _ first: Range<Int>, _ other: UnsafeRawBufferPointer, _ second: Range<Int>
  ) -> Bool {
    let count = min(first.count, second.count)
    let order = count == 0 ? 0 : memcmp(one.baseAddress! + first.lowerBound, other.baseAddress! + second.lowerBound, count)
    return order != 0 ? order < 0 : first.count < second.count
  }
}

// MARK: - Making one

extension ArchiveIndex {
  /// The most bytes that all names together may have; an archive of pictures stays far below it.
  static let mostNameBytes = Int(UInt32.max)

  /// - Returns: false if the names would have too many bytes.
  mutating func append(_ name: some Collection<UInt8>, _ member: Member) -> Bool {
    guard names.count + name.count <= Self.mostNameBytes else { return false }
    names += name
    ends.append(UInt32(names.count))
    kinds.append(member.kind.rawValue)
    offsets.append(member.offset)
    sizes.append(member.size)
    return true
  }

  /// Appends a zip's member; otherwise like `append`.
  mutating func appendPacked(_ name: some Collection<UInt8>, _ member: Member) -> Bool {
    guard append(name, member) else { return false }
    packedSizes.append(member.packedSize)
    checksums.append(member.checksum)
    return true
  }

  /// Appends the members of an inner archive; both indices must be those of tars.
  ///
  /// - Parameter folder: The path of the inner archive.
  mutating func append(_ other: ArchiveIndex, in folder: FileName) -> Bool {
    let prefix = folder.bytes + [Self.slash]
    for number in 0..<other.count {
      guard append(prefix + other.names[other.place(number)], other.member(number)) else { return false }
    }
    return true
  }

  /// Allocates the memory for what will be appended.
  mutating func reserve(for parts: [(index: ArchiveIndex, folder: FileName)]) {
    let members = count + parts.reduce(0) { $0 + $1.index.count }
    let bytes = parts.reduce(names.count) { $0 + $1.index.names.count + $1.index.count * ($1.folder.bytes.count + 1) }
    reserve(members, names: bytes, isPacked: false)
  }

  /// The numbers of the inner archives, whose own members aren't in the index yet.
  var archives: [Int] { kinds.indices.filter { kinds[$0] == Kind.archive.rawValue } }

  /// Sorts by name. Of several members with the same name only the last is kept, as tar does it.
  mutating func sort() {
    let order = names.withUnsafeBytes { names in
      (0..<UInt32(count)).sorted { one, other in
        let (first, second) = (place(Int(one)), place(Int(other)))
        if Self.precedes(names, first, names, second) { return true }
        return !Self.precedes(names, second, names, first) && one < other
      }
    }
    var sorted = ArchiveIndex()
    sorted.reserve(count, names: names.count, isPacked: !packedSizes.isEmpty)
    for (position, number) in order.enumerated() {
      let own = names[place(Int(number))]
      if position + 1 < order.count, own == names[place(Int(order[position + 1]))] { continue }
      let member = member(Int(number))
      _ = packedSizes.isEmpty ? sorted.append(own, member) : sorted.appendPacked(own, member)
    }
    self = sorted
  }

  private mutating func reserve(_ count: Int, names bytes: Int, isPacked: Bool) {
    names.reserveCapacity(bytes)
    ends.reserveCapacity(count)
    kinds.reserveCapacity(count)
    offsets.reserveCapacity(count)
    sizes.reserveCapacity(count)
    guard isPacked else { return }
    packedSizes.reserveCapacity(count)
    checksums.reserveCapacity(count)
  }
}
