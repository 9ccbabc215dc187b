import Threads

/// An archive's index in a form that processes can send to each other and keep in a file.
///
/// One process lists the archive's own members. The inner archives are then dealt out among the processes, and each process puts
/// all of their lists together.
public struct SharedIndex: Sendable {
  public let path: FileName
  private let version: FileStamp
  private var index: ArchiveIndex
  /// The numbers of those inner archives whose members are still to be listed.
  private var inner: [Int]

  /// The index of the archive's own members. Nil for a compressed tar, which every process has to unpack for itself.
  ///
  /// - Throws: `FileError` if the archive can't be read, or is damaged.
  public init?(outerOf path: FileName) throws(FileError) {
    if let known = Archive.known(path) {
      guard known.format != .gzippedTar else { return nil }
      self.init(path, known.version, known.index, inner: [])
      return
    }
    let file = try PlacedFile(path)
    let format = try Archive.format(of: file)
    file.expectScatteredReads(true)
    guard format != .gzippedTar else { return nil }
    let index = try Archive.outerIndex(file, format, path)
    self.init(path, file.version, index, inner: index.archives)
  }

  private init(_ path: FileName, _ version: FileStamp, _ index: ArchiveIndex, inner: [Int]) {
    (self.path, self.version, self.index, self.inner) = (path, version, index, inner)
  }

  /// The number of inner archives whose members are to be listed.
  public var innerCount: Int { inner.count }

  /// The members of one inner archive, as bytes for `add`.
  ///
  /// - Throws: `FileError` if the inner archive is cut or damaged.
  public func listing(ofInner number: Int) throws(FileError) -> [UInt8] {
    let file = try PlacedFile(path)
    guard file.version == version else { throw FileError(.changed, path, at: 0) }
    file.expectScatteredReads(true)
    return try Archive.innerIndex(file, index, inner[number], path).serialized
  }

  /// The members of several inner archives, in the order of `numbers`, listed on all threads.
  public func listings(ofInner numbers: [Int]) throws(FileError) -> [[UInt8]] {
    try inParallel(numbers.count) { number throws(FileError) in try listing(ofInner: numbers[number]) }
  }

  /// Takes in the members of the inner archive of that number.
  ///
  /// - Returns: false if `listing` is damaged. This index is then of no use, and each process that needs the archive reads it
  ///   anew.
  public mutating func add(_ listing: [UInt8], ofInner number: Int) -> Bool {
    var rest = listing[...]
    guard inner.indices.contains(number), let part = ArchiveIndex(serialized: &rest, limit: version.bytes) else { return false }
    return index.append(part, in: index.name(inner[number]))
  }

  /// Makes this process use this index for the archive, once the members of all inner archives are in it.
  public mutating func install() throws(FileError) {
    inner = []
    index.sort()
    try Archive.install(path, version, index)
  }

  // MARK: - As bytes

  private static let head = Array("deepinside archive index 1\n".utf8)
  private static let digestBytes = 64

  /// The index in the form of the file, with a SHA-256 at its end.
  public var bytes: [UInt8] {
    var bytes = Self.head
    let numbers = [version.bytes, version.modified, path.bytes.count, inner.count]
    for number in numbers + inner { withUnsafeBytes(of: number.littleEndian) { bytes += $0 } }
    bytes += path.bytes
    bytes += index.serialized
    return bytes + Array(bytes.withUnsafeBytes { SHA256.hex(of: $0) }.utf8)
  }

  /// - Returns: nil if the bytes are no such index, or a damaged one.
  public init?(bytes: [UInt8]) {
    guard bytes.count > Self.head.count + Self.digestBytes + 32, bytes.starts(with: Self.head) else { return nil }
    var rest = bytes.dropLast(Self.digestBytes)
    guard rest.withUnsafeBytes({ SHA256.hex(of: $0) }) == String(decoding: bytes.suffix(Self.digestBytes), as: UTF8.self) else {
      return nil
    }
    rest = rest.dropFirst(Self.head.count)
    func number() -> Int? {
      guard rest.count >= 8 else { return nil }
      defer { rest = rest.dropFirst(8) }
      return Array(rest.prefix(8)).number(8, 0)
    }
    guard let size = number(), let modified = number(), let pathBytes = number(), let innerCount = number(), size >= 0,
      (0...4096).contains(pathBytes), (0...(rest.count / 8)).contains(innerCount)
    else { return nil }
    let inner = (0..<innerCount).compactMap { _ in number() }
    let path = FileName(bytes: rest.prefix(pathBytes))
    rest = rest.dropFirst(pathBytes)
    guard let index = ArchiveIndex(serialized: &rest, limit: size), rest.isEmpty,
      inner.allSatisfy({ (0..<index.count).contains($0) })
    else { return nil }
    self.init(path, FileStamp(bytes: size, modified: modified), index, inner: inner)
  }

  // MARK: - In a file

  /// The file in a folder of results that keeps indices: one file for all archives, because quotas count files.
  public static func keptFile(in folder: String) -> String { FilePath.join(folder, "archives.index") }

  /// The indices that are kept in that folder, by their archives' absolute paths. An index of an archive that has changed since
  /// is left out, and so is what is damaged.
  public static func kept(in folder: String) -> [FileName: SharedIndex] {
    let file = FileName(keptFile(in: folder))
    guard FilePath.isFileOfTheSystem(file), let bytes = try? WholeFile.read(file, limit: 1 << 34) else { return [:] }
    var found: [FileName: SharedIndex] = [:]
    var rest = bytes[...]
    while rest.count > 8 {
      let count = Array(rest.prefix(8)).number(8, 0)
      rest = rest.dropFirst(8)
      guard count >= 0, count <= rest.count, let index = SharedIndex(bytes: Array(rest.prefix(count))) else { break }
      rest = rest.dropFirst(count)
      if index.inner.isEmpty, FileStamp(of: index.path) == index.version { found[index.path] = index }
    }
    return found
  }

  /// The same index with another path to its archive.
  public func at(_ path: FileName) -> SharedIndex { SharedIndex(path, version, index, inner: inner) }

  /// Writes indices for a later start, replacing those that are kept in the folder.
  ///
  /// - Throws: `FileError` if the file can't be written.
  public static func keep(_ indices: [SharedIndex], in folder: String) throws(FileError) {
    var all: [UInt8] = []
    for index in indices {
      let bytes = index.at(index.path.absolute).bytes
      withUnsafeBytes(of: bytes.count.littleEndian) { all += $0 }
      all += bytes
    }
    try AtomicFile.write(all, to: keptFile(in: folder))
  }
}
