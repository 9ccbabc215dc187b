import Foundation

/// An archive's index on its way: between processes that make it together, and to and from the file that it is kept in.
///
/// One process lists the archive's own members; the archives inside are then dealt out, and what each process has found is put
/// together by all.
public struct SharedIndex: Sendable {
  public let path: FileName
  private let version: FileStamp
  private var index: ArchiveIndex
  /// Of the archives inside, those whose members are to be listed.
  private var inner: [Int]

  /// The archive's own members. Nil for a compressed tar, which every process unpacks for itself.
  ///
  /// - Throws: `FileError` when it can't be read, or is damaged.
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

  /// How many archives inside are to be listed.
  public var innerCount: Int { inner.count }

  /// The members of one of them, as bytes.
  ///
  /// - Throws: `FileError` when it is cut or damaged.
  public func listing(ofInner number: Int) throws(FileError) -> [UInt8] {
    let file = try PlacedFile(path)
    guard file.version == version else { throw FileError(.changed, path, at: 0) }
    file.expectScatteredReads(true)
    return try Archive.innerIndex(file, index, inner[number], path).serialized
  }

  /// The members of some of them, in their order, on all threads.
  public func listings(ofInner numbers: [Int]) throws(FileError) -> [[UInt8]] {
    try inParallel(numbers.count) { number throws(FileError) in try listing(ofInner: numbers[number]) }
  }

  /// Takes in the members of the inner archive of that number; of one that isn't in order the archive is read anew by whoever needs it.
  public mutating func add(_ listing: [UInt8], ofInner number: Int) -> Bool {
    var rest = listing[...]
    guard inner.indices.contains(number), let part = ArchiveIndex(serialized: &rest, limit: version.bytes) else { return false }
    return index.append(part, in: index.name(inner[number]))
  }

  /// Makes this process read the archive by this index, once all inner archives' members are in.
  public mutating func install() throws(FileError) {
    inner = []
    index.sort()
    try Archive.install(path, version, index)
  }

  // MARK: - As bytes

  private static let head = Array("deepinside archive index 1\n".utf8)
  private static let digestBytes = 64

  /// With a checksum.
  public var bytes: [UInt8] {
    var bytes = Self.head
    let numbers = [version.bytes, version.modified, path.bytes.count, inner.count]
    for number in numbers + inner { withUnsafeBytes(of: number.littleEndian) { bytes += $0 } }
    bytes += path.bytes
    bytes += index.serialized
    return bytes + Array(bytes.withUnsafeBytes { SHA256.hex(of: $0) }.utf8)
  }

  /// - Returns: nil for bytes that are no such index, or a damaged one.
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
    guard let index = ArchiveIndex(serialized: &rest, limit: size), rest.isEmpty, inner.allSatisfy({ (0..<index.count).contains($0) })
    else { return nil }
    self.init(path, FileStamp(bytes: size, modified: modified), index, inner: inner)
  }

  // MARK: - In a file

  /// Where the index of an archive is kept, below a folder of results: `archives/val.tar-0123456789abcdef.index`.
  public static func file(for path: FileName, in folder: String) -> String {
    let digest = path.absolute.bytes.withUnsafeBytes { SHA256.hex(of: $0) }.prefix(16)
    return FilePath.join(folder, "\(keptFolder)/\(path.last.written)-\(digest).index")
  }

  public static let keptFolder = "archives"

  /// The index that was kept there; nil when there is none, or it is of another version of the archive, or damaged.
  public init?(of path: FileName, keptIn folder: String) {
    let file = Self.file(for: path, in: folder)
    guard FilePath.isFileOfTheSystem(FileName(file)), let bytes = try? WholeFile.read(FileName(file), limit: 1 << 33),
      let kept = SharedIndex(bytes: bytes), kept.inner.isEmpty
    else { return nil }
    guard FileStamp(of: path) == kept.version else { return nil }
    self.init(path, kept.version, kept.index, inner: [])
  }

  /// Keeps the index for a later start.
  ///
  /// - Throws: `FileError` when the file can't be written.
  public func keep(in folder: String) throws(FileError) {
    let file = Self.file(for: path, in: folder)
    try? FileManager.default.createDirectory(atPath: FilePath.folder(of: file), withIntermediateDirectories: true)
    try AtomicFile.write(bytes, to: file)
  }
}
