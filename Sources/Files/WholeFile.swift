import Foundation

/// Files that are read as a whole.
public enum WholeFile {
  /// The bytes of a file. A storage that is away is waited for; see `StoragePatience`.
  ///
  /// The path may lead through an archive. A pipe or a device is an error and is never waited for. Source: open(2), read(2)
  /// - Parameter limit: The most bytes that the file may have; more are an error, found before memory is allocated for them.
  public static func read(_ path: FileName, limit: Int = 1 << 30) throws(FileError) -> [UInt8] {
    if let member = try ArchivedFile(path) { return try member.bytes(limit: limit) }
    return try StoragePatience.read(
      path, code: { $0.code == 0 ? nil : $0.code }, givingUp: { FileError($0, path: path.written) }
    ) { () throws(FileError) in try readOnce(path, limit: limit) }
  }

  private static func readOnce(_ path: FileName, limit: Int) throws(FileError) -> [UInt8] {
    let descriptor = path.withCString { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
    guard descriptor >= 0 else { throw FileError("open", "read", path.written) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw FileError("fstat", "read", path.written) }
    let kind = status.st_mode & S_IFMT
    guard kind == S_IFREG else {
      throw FileError(action: "read", path: path.written, reason: kind == S_IFDIR ? "it is a folder" : "it is no regular file")
    }
    guard status.st_size <= limit else {
      throw FileError(action: "read", path: path.written, reason: "it has \(status.st_size) bytes, at most \(limit) are expected")
    }
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size) + 1)
    var count = 0
    while true {
      // The file may grow while it is read, and files of /proc state no size.
      if count == bytes.count { bytes += [UInt8](repeating: 0, count: max(4096, count)) }
      let result = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress! + count, $0.count - count) }
      if result < 0 {
        if errno == EINTR { continue }
        throw FileError("read", "read", path.written)
      }
      if result == 0 { break }
      count += result
      guard count <= limit else {
        throw FileError(action: "read", path: path.written, reason: "it has more than \(limit) bytes")
      }
    }
    bytes.removeLast(bytes.count - count)
    return bytes
  }
}
