import Foundation

/// Looks for what this program has written before, where nothing may be there yet.
///
/// Only what isn't there is nothing. What can't be read or listed at the moment is an error, after `StoragePatience`: taken for
/// nothing, it would be begun anew, and the work of before would be replaced.
public enum OwnFiles {
  /// The bytes of a file; nil if there is none.
  ///
  /// - Throws: `FileError` if it can't be read.
  public static func bytes(_ path: String, limit: Int = 1 << 30) throws(FileError) -> [UInt8]? {
    isNothing(path) ? nil : try WholeFile.read(FileName(path), limit: limit)
  }

  /// The names in a folder, hidden ones too, in no order; none if there is no such folder.
  ///
  /// - Throws: `FileError` if it can't be listed.
  public static func names(in folder: String) throws(FileError) -> [String] {
    if isNothing(folder) { return [] }
    let contents = try FolderContents(FileName(folder))
    return (contents.folders + contents.files + contents.hidden).map { String(decoding: $0.bytes, as: UTF8.self) }
  }

  /// Source: stat(2)
  private static func isNothing(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) != 0 && [ENOENT, ENOTDIR].contains(errno)
  }
}
