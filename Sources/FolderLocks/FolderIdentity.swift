import Files
import Foundation

/// Tells a folder from another one that has its path later.
final class FolderIdentity: Sendable {
  private let device: dev_t
  private let number: ino_t
  /// Keeps the folder open, because the number of a removed one is given to the next. Source: stat(2), open(2)
  private let descriptor: Int32

  /// Nil if there is no such folder, or it can't be examined.
  init?(of path: String) {
    guard let found = Self.status(path) else { return nil }
    (device, number) = (found.st_dev, found.st_ino)
    descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  private static func status(_ path: String) -> stat? {
    var status = stat()
    return stat(path, &status) == 0 ? status : nil
  }

  /// What has happened to the folder if the path doesn't lead to it any more; nil if it does, or if that can't be known because
  /// the storage is away.
  func loss(of path: String) -> String? {
    // A file system that was mounted again may have another device number, and then other inodes.
    if let now = Self.status(path) {
      return now.st_dev != device || now.st_ino == number ? nil : "\(path) was replaced by another folder"
    }
    guard [ENOENT, ENOTDIR].contains(errno) else { return nil }
    // The file system must still be there: an unmounted one hides the folder, too.
    var above = path
    while above != FilePath.folder(of: above) {
      above = FilePath.folder(of: above)
      if let found = Self.status(above) { return found.st_dev == device ? "\(path) was renamed or removed" : nil }
    }
    return nil
  }
}
