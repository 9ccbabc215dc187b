import Foundation

/// The size and the time of the last write of a file, which tell without reading it whether it is most likely the same as before.
public struct FileStamp: Sendable, Hashable, Codable {
  public var bytes: Int
  /// The time of the last write, in nanoseconds since 1970.
  public var modified: Int

  /// Nil if there is no such file. A file in an archive has the stamp of the archive. Source: stat(2)
  public init?(of path: FileName) {
    var status = stat()
    guard FilePath.ofTheSystem(path).withCString({ stat($0, &status) }) == 0 else { return nil }
    self.init(status)
  }

  init(bytes: Int, modified: Int) { (self.bytes, self.modified) = (bytes, modified) }

  init(_ status: stat) {
    bytes = Int(status.st_size)
    modified = status.st_mtim.tv_sec &* 1_000_000_000 &+ status.st_mtim.tv_nsec
  }
}
