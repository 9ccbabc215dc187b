import Foundation

/// Operations on paths.
public enum FilePath {
  /// The folder of a path, or `.` if the path is a bare name.
  public static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The last component of a path.
  public static func name(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
  }

  /// True if both paths lead to the same file or folder, through whatever links; false if one of them does not exist.
  public static func isSame(_ one: String, _ other: String) -> Bool {
    var (first, second) = (stat(), stat())
    return stat(one, &first) == 0 && stat(other, &second) == 0 && first.st_dev == second.st_dev && first.st_ino == second.st_ino
  }

  /// The path without links and `..`; if nothing is there, the absolute path as it is. Source: realpath(3)
  public static func resolved(_ path: String) -> String {
    guard let found = realpath(path, nil) else { return String(decoding: FileName(path).absolute.bytes, as: UTF8.self) }
    defer { free(found) }
    return String(cString: found)
  }

  /// The path of a name in a folder.
  public static func join(_ folder: String, _ name: String) -> String {
    folder == "." ? name : folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
  }

  /// Makes a folder, and those above it that don't exist; nothing if it exists.
  ///
  /// - Throws: `FileError`. Source: mkdir(2)
  public static func makeFolder(_ path: String) throws(FileError) {
    if mkdir(path, 0o777) == 0 { return }
    if errno == ENOENT, folder(of: path) != path {
      try makeFolder(folder(of: path))
      if mkdir(path, 0o777) == 0 { return }
    }
    let code = errno
    guard code == EEXIST, isFolderOfTheSystem(FileName(path)) else {
      throw FileError("mkdir", "make the folder", path, code: code)
    }
  }

  /// True if the operating system has a folder at that path, or a link to one.
  static func isFolderOfTheSystem(_ path: FileName) -> Bool {
    var status = stat()
    return path.withCString { stat($0, &status) } == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// True if the operating system has anything but a folder at that path.
  static func isFileOfTheSystem(_ path: FileName) -> Bool {
    var status = stat()
    return path.withCString { stat($0, &status) } == 0 && status.st_mode & S_IFMT != S_IFDIR
  }
}
