import Foundation

/// Checks a folder: its speed, and whether all hosts see it and can lock files in it.
struct FolderCheck {
  let folder: String
  /// A text that is the same on all ranks.
  let token: String
  private var path: String { "\(folder)/.deepinside-doctor-\(token)" }

  static func freeBytes(_ path: String) -> Int? {
    var info = statvfs()
    guard statvfs(path, &info) == 0 else { return nil }
    return Int(min(Double(info.f_bavail) * Double(info.f_frsize), 9e18))
  }

  /// Writes 64 MB and waits until they are on the disk.
  ///
  /// - Returns: bytes per second; nil if the folder can't be written to.
  func writeRate() -> Double? {
    let bytes = [UInt8](repeating: 7, count: 4 << 20)
    let descriptor = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0o600)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    let start = ContinuousClock.now
    for _ in 0..<16 { guard write(descriptor, bytes, bytes.count) == bytes.count else { return nil } }
    guard fsync(descriptor) == 0 else { return nil }
    return Double(16 * bytes.count) / ((ContinuousClock.now - start) / .seconds(1))
  }

  var isSeen: Bool { access(path, R_OK) == 0 }

  /// True if a file can be locked in the way that HDF5 locks files. Source: flock(2), H5FD_sec2_lock
  var canLock: Bool {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return flock(descriptor, LOCK_SH | LOCK_NB) == 0 || errno == EWOULDBLOCK
  }

  func remove() { unlink(path) }
}
