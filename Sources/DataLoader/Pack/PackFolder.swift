import Cluster
import DataSets
import Files
import Foundation

/// The paths of a pack's files.
struct PackFolder: Sendable {
  let path: String

  init(_ path: String) { self.path = path }

  /// The index, which is written last: if it exists, the pack is complete.
  var index: String { path + "/" + PackIndex.fileName }
  var settings: String { path + "/prepare.json" }
  var report: String { path + "/report.csv" }
  /// The folder of what is known about finished shards while others are missing.
  var parts: String { path + "/parts" }

  func file(of shard: Shard) -> String { path + "/" + shard.fileName }
  func part(of shard: Shard) -> String { parts + "/" + shard.name + ".h5" }

  /// True if the folder is a pack, finished or not.
  static func isPack(_ path: String) -> Bool {
    let folder = PackFolder(path)
    return isFile(folder.index) || isFile(folder.settings)
  }

  /// True if a shard, or the pack, is finished.
  ///
  /// - Throws: `FileError` if the folder can't be listed.
  func holdsWork() throws(FileError) -> Bool {
    try OwnFiles.names(in: path).contains { $0.hasSuffix(".shard") && !$0.hasPrefix(".") } || isFile(index)
  }

  /// Removes a pack and nothing else. The settings go last: as long as they are there, the folder is recognised as a pack.
  ///
  /// - Throws: `JobError` if something can't be removed, `FileError` if the folder can't be listed.
  func removePack() throws {
    guard Self.isPack(path) else { return }
    let names = try OwnFiles.names(in: path)
    let shards = names.filter { $0.wholeMatch(of: /(train|val)-[0-9]{5,}\.shard/) != nil }.map { "\(path)/\($0)" }
    for file in [index, report, parts] + shards + [settings] where FileManager.default.fileExists(atPath: file) {
      do {
        try FileManager.default.removeItem(atPath: file)
      } catch {
        throw JobError("cannot remove \(file): \(error.localizedDescription)")
      }
    }
  }
}

/// True if `path` is a regular file.
func isFile(_ path: String) -> Bool { isFile(FileName(path)) }

func isFile(_ path: FileName) -> Bool {
  var status = stat()
  return path.withCString { stat($0, &status) } == 0 && status.st_mode & S_IFMT == S_IFREG
}

/// The number of bytes of a file; nil if there is none.
func fileSize(_ path: String) -> Int? { FileStamp(of: FileName(path))?.bytes }

/// The number of bytes that this user may still write in a folder; nil if it isn't known. Source: statvfs(3)
func freeBytes(of folder: String) -> Int? {
  var status = statvfs()
  return statvfs(folder, &status) == 0 ? Int(min(Double(status.f_bavail) * Double(status.f_frsize), 9e18)) : nil
}
