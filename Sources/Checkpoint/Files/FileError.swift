import Foundation

/// The system's word on a file, in the words of this module's errors.
enum FileError {
  /// What the system calls that error number, in lower case: `no space left on device`.
  static func text(_ code: Int32) -> String {
    let text = String(cString: strerror(code))
    return text.prefix(1).lowercased() + text.dropFirst()
  }

  /// What an error number means to a caller, and what to do.
  static func meaning(_ code: Int32) -> (kind: HDF5Error.Kind, hint: String?) {
    switch code {
    case ENOENT, ENOTDIR: (.noSuchFile, nil)
    case ENOSPC: (.noSpace, "free space; what was there before is untouched")
    case EDQUOT: (.noSpace, "your quota is used up: free space; what was there before is untouched")
    case EAGAIN, EWOULDBLOCK, ENOLCK: (.locked, nil)
    case EACCES, EPERM, EROFS: (.system, "check the permissions of the file and of its folder")
    default: (.system, nil)
    }
  }

  /// The error of a system call that has just failed. Source: errno(3)
  static func last(_ call: String, _ action: String, _ path: String, code: Int32 = errno) -> HDF5Error {
    let (kind, hint) = meaning(code)
    return HDF5Error(kind, path: path, action: action, reason: "\(call): \(text(code))", hint: hint)
  }
}

/// Takes a path apart.
enum FilePath {
  /// The folder of a path, `.` for a bare name.
  static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The last component of a path.
  static func name(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
  }

  /// A name in a folder.
  static func join(_ folder: String, _ name: String) -> String {
    folder == "." ? name : folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
  }
}
