import Foundation

/// A path that leads through an archive: `data/val.tar/ILSVRC2012_val_00000001.JPEG`.
///
/// An archive is recognised by its name's ending, and must be a regular file: a folder may be called `old.tar`.
struct ArchivePath: Hashable {
  /// The archive's file.
  let archive: FileName
  /// The place inside, without slashes around it; empty for the archive itself.
  let inner: FileName

  /// Nil if the path leads through no archive.
  init?(_ path: FileName) {
    for end in Self.candidates(path.bytes) {
      let archive = FileName(bytes: path.bytes[..<end])
      guard Self.isRegularFile(archive) else { continue }
      self.archive = archive
      let rest = path.bytes[end...].split(separator: Self.slash).filter { $0 != [UInt8(ascii: ".")] }
      inner = FileName(bytes: rest.joined(separator: [Self.slash]))
      return
    }
    return nil
  }

  private static let slash = UInt8(ascii: "/")

  /// The ends of those components that are called like an archive, the outermost first. It only looks at the bytes, because it is
  /// called for the path of each picture.
  private static func candidates(_ bytes: [UInt8]) -> [Int] {
    var ends: [Int] = []
    for index in bytes.indices.dropFirst() where bytes[index - 1] != slash {
      let isLast = index + 1 == bytes.count && bytes[index] != slash
      guard isLast || bytes[index] == slash else { continue }
      let end = isLast ? index + 1 : index
      if Archive.Format(name: bytes[..<end]) != nil { ends.append(end) }
    }
    return ends
  }

  /// True if the path is a regular file. Archives in use aren't looked at again: a storage that is away must not make them
  /// unknown.
  private static func isRegularFile(_ path: FileName) -> Bool {
    if Archive.isKnown(path) { return true }
    var status = stat()
    if path.withCString({ stat($0, &status) }) == 0 { return status.st_mode & S_IFMT == S_IFREG }
    return false
  }
}
