import Files
import Foundation

/// Finds pictures.
public enum PictureList {
  /// Endings of files that are taken from folders; files that are named themselves may have any.
  static let extensions: Set = ["jpg", "jpeg", "jpe", "png"]

  /// The pictures of files and folders, each once. Folders are searched to any depth, in the order of names, without hidden
  /// files; a picture in a folder that is named like a class is one of that class.
  ///
  /// - Parameter classes: the synset ids that the net knows.
  /// - Throws: `VisualizeError` when a path doesn't exist or there is no picture at all.
  public static func find(_ paths: [String], classes: [String]) throws(VisualizeError) -> [PictureFile] {
    let known = Set(classes)
    var seen: Set<String> = []
    var found: [PictureFile] = []
    for path in paths {
      do throws(StoragePatience.Trouble) {
        try StoragePatience.waitForRoot(path)
      } catch { throw VisualizeError(error.kind == .stopped ? .stopped : .system, error.description) }
      let root = URL(fileURLWithPath: path).standardizedFileURL.path
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: root, isDirectory: &isFolder) else {
        throw VisualizeError(.badData, "there is no picture or folder \(path)")
      }
      for file in isFolder.boolValue ? pictures(below: root) : [root] where seen.insert(file).inserted {
        let folder = ((file as NSString).deletingLastPathComponent as NSString).lastPathComponent
        let name = isFolder.boolValue ? FileName(file).relative(to: FileName(root)) : nil
        found.append(PictureFile(path: file, name: name, truth: known.contains(folder) ? folder : nil))
      }
    }
    found.distinguishNames()
    guard !found.isEmpty else {
      throw VisualizeError(.badData, "no pictures (.jpg, .jpeg, .png) in \(paths.joined(separator: ", "))")
    }
    return found
  }

  /// - Parameter above: the folders on the way, links resolved: a link to one of them would never end.
  private static func pictures(below folder: String, _ above: Set<String> = []) -> [String] {
    let here = URL(fileURLWithPath: folder).resolvingSymlinksInPath().path
    guard !above.contains(here) else { return [] }
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else { return [] }
    var files: [String] = []
    for name in names.sorted() where !name.hasPrefix(".") {
      let path = (folder as NSString).appendingPathComponent(name)
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { continue }
      if isFolder.boolValue {
        files += pictures(below: path, above.union([here]))
      } else if extensions.contains((name as NSString).pathExtension.lowercased()) {
        files.append(path)
      }
    }
    return files
  }
}
