/// A problem of an archive, or of one of its members.
enum ArchiveProblem {
  /// The file ends inside of a member, or before the mark at its end.
  case cut(String)
  case damaged(String)
  /// The path of a member that would lead out of the archive.
  case leadsOut(FileName)
  /// A member that has no bytes of its own in the archive.
  case unsupported(String, remedy: String)
  case changed
  case tooLarge(String)

  var reason: String {
    switch self {
    case .cut(let what): "the archive is cut: \(what)"
    case .damaged(let what): "the archive is damaged: \(what)"
    case .leadsOut(let name): "the member \(name) has a path that leads out of the archive"
    case .unsupported(let what, _): what
    case .changed: "the archive has changed since its members were listed"
    case .tooLarge(let what): what
    }
  }

  var remedy: String {
    switch self {
    case .cut, .damaged: "download or copy it again, and compare its size and checksum with the publisher's"
    case .leadsOut: "make the archive anew without `..`"
    case .unsupported(_, let remedy): remedy
    case .changed: "start again"
    case .tooLarge: "uncompress it (gunzip): members of a plain tar are read at their places"
    }
  }
}

extension FileError {
  /// - Parameters:
  ///   - path: The path of the archive, or of a member in it.
  ///   - offset: The byte in the archive where the problem was found.
  init(_ problem: ArchiveProblem, _ path: FileName, at offset: Int, action: String = "read") {
    self.init(
      .damagedArchive, action: action, path: path.written, reason: "at byte \(offset): \(problem.reason)", hint: problem.remedy)
  }
}
