import Files
import Foundation

/// The names in a folder, hidden ones left out, sorted by bytes: the same order on every host and in every locale.
package struct FolderListing {
  package private(set) var folders: [String] = []
  package private(set) var files: [String] = []

  /// A storage that is away is waited for; see `StoragePatience`.
  package init(_ path: String) throws(DataError) {
    self = try StoragePatience.read(
      path, listing: true, code: { $0.code }, givingUp: { DataError($0) }
    ) { () throws(DataError) in try FolderListing(onceOf: path) }
  }

  private init(onceOf path: String) throws(DataError) {
    guard let directory = opendir(path) else { throw Self.error(path) }
    defer { closedir(directory) }
    while true {
      errno = 0
      guard let entry = readdir(directory) else {
        if errno != 0 { throw Self.error(path) }
        break
      }
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name.hasPrefix(".") { continue }
      if Self.isFolder("\(path)/\(name)", type: Int32(entry.pointee.d_type)) { folders.append(name) } else { files.append(name) }
    }
    folders.sort(by: Self.byBytes)
    files.sort(by: Self.byBytes)
  }

  private static func error(_ path: String, code: Int32 = errno) -> DataError {
    DataError(.unreadable, "cannot list \(path): \(String(cString: strerror(code)))", code: code)
  }

  package static func byBytes(_ one: String, _ other: String) -> Bool {
    one.utf8.lexicographicallyPrecedes(other.utf8)
  }

  /// Whether a folder is at `path`.
  package static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// The folder says what most entries are; links and unknown kinds have to be looked at, one call each.
  private static func isFolder(_ path: String, type: Int32) -> Bool {
    switch type {
    case Int32(DT_DIR): true
    case Int32(DT_REG): false
    default: isFolder(path)
    }
  }
}

/// The lines of a text file, without line ends, empty ones left out.
package func readLines(_ path: String) throws(DataError) -> [Substring] {
  try readText(path).split(whereSeparator: \.isNewline)
}

/// A text file in UTF-8.
package func readText(_ path: String) throws(DataError) -> String {
  String(decoding: try readBytes(path), as: UTF8.self)
}

/// The bytes of a small file.
package func readBytes(_ path: String) throws(DataError) -> [UInt8] {
  do {
    return try WholeFile.read(FileName(path))
  } catch {
    throw DataError(error)
  }
}

/// The first of `names` that is a file in one of the places where ILSVRC's lists are put: the root, `devkit/`, `devkit/data/`.
package func findList(_ names: [String], in root: String) -> String? {
  for folder in [root, "\(root)/devkit", "\(root)/devkit/data", "\(root)/val"] {
    for name in names {
      let path = "\(folder)/\(name)"
      if FileManager.default.fileExists(atPath: path), !FolderListing.isFolder(path) { return path }
    }
  }
  return nil
}
