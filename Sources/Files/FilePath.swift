import Foundation

/// Takes a path apart.
public enum FilePath {
  /// The folder of a path, `.` for a bare name.
  public static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The last component of a path.
  public static func name(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
  }

  /// Whether both lead to the same file or folder, by whatever links; not where one isn't there.
  public static func isSame(_ one: String, _ other: String) -> Bool {
    var (first, second) = (stat(), stat())
    return stat(one, &first) == 0 && stat(other, &second) == 0 && first.st_dev == second.st_dev && first.st_ino == second.st_ino
  }

  /// The path without links and `..`; as it is, from the root, where it leads nowhere. Source: realpath(3)
  public static func resolved(_ path: String) -> String {
    guard let found = realpath(path, nil) else { return String(decoding: FileName(path).absolute.bytes, as: UTF8.self) }
    defer { free(found) }
    return String(cString: found)
  }

  /// A name in a folder.
  public static func join(_ folder: String, _ name: String) -> String {
    folder == "." ? name : folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
  }

  /// Whether the system has a folder there, or a link to one.
  static func isFolderOfTheSystem(_ path: FileName) -> Bool {
    var status = stat()
    return path.withCString { stat($0, &status) } == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Whether the system has anything else there.
  static func isFileOfTheSystem(_ path: FileName) -> Bool {
    var status = stat()
    return path.withCString { stat($0, &status) } == 0 && status.st_mode & S_IFMT != S_IFDIR
  }
}
