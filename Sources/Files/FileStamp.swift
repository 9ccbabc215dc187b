import Foundation

/// What tells without reading it that a file is most likely the same as before: its size, and when it was last written.
public struct FileStamp: Sendable, Hashable, Codable {
  public var bytes: Int
  /// Nanoseconds since 1970.
  public var modified: Int

  /// Nil when there is no such file. What lies in an archive has the archive's. Source: stat(2)
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
