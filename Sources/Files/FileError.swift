import Foundation

/// A failed attempt to write or read a file, with what was being done and what to do about it.
public struct FileError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kinds of failures that callers tell apart.
  public enum Kind: String, Sendable, Hashable {
    case noSuchFile, noSpace, locked, system
    /// An archive, or one of its members, that is cut, damaged, or of a kind that can't be read.
    case damagedArchive
    /// The storage was at fault for longer than `StoragePatience` allows.
    case storage
    /// The process was asked to stop while it waited for the storage.
    case stopped
  }

  public let kind: Kind
  public let path: String
  /// The action that failed, such as `write` or `make the link`.
  public let action: String
  /// The call and what the system said, such as `fsync: no space left on device`.
  public let reason: String
  public let hint: String?
  /// The value of errno after the call; 0 if no system call failed.
  public let code: Int32
  /// True if `reason` is the whole message.
  private let isWhole: Bool

  /// Makes the error of a system call that has just failed. Source: errno(3)
  public init(_ call: String, _ action: String, _ path: String, code: Int32 = errno) {
    let (kind, hint) = Self.meaning(code)
    self.init(kind, action: action, path: path, reason: "\(call): \(Self.text(code))", hint: hint, code: code)
  }

  /// Makes the error for a file that isn't as it should be, where no system call has failed.
  public init(action: String, path: String, reason: String, hint: String? = nil) {
    self.init(.system, action: action, path: path, reason: reason, hint: hint)
  }

  /// Makes such an error of a certain kind.
  init(
    _ kind: Kind, action: String, path: String, reason: String, hint: String? = nil, code: Int32 = 0, isWhole: Bool = false
  ) {
    (self.kind, self.action, self.path, self.reason, self.hint) = (kind, action, path, reason, hint)
    (self.code, self.isWhole) = (code, isWhole)
  }

  /// Makes the error for a storage that did not come back.
  package init(_ trouble: StoragePatience.Trouble, path: String) {
    self.init(
      trouble.kind == .stopped ? .stopped : .storage, action: "read", path: path, reason: trouble.description, isWhole: true)
  }

  public var description: String { isWhole ? reason : "cannot \(action) \(path): \(reason)" + (hint.map { "; \($0)" } ?? "") }

  /// The system's text for an error number, in lower case, such as `no space left on device`.
  public static func text(_ code: Int32) -> String {
    let text = String(cString: strerror(code))
    return text.prefix(1).lowercased() + text.dropFirst()
  }

  /// The kind of an error number, and what to do about it.
  public static func meaning(_ code: Int32) -> (kind: Kind, hint: String?) {
    switch code {
    case ENOENT, ENOTDIR: (.noSuchFile, nil)
    case ENOSPC: (.noSpace, "free space; what was there before is untouched")
    case EDQUOT: (.noSpace, "your quota is used up: free space; what was there before is untouched")
    case EAGAIN, EWOULDBLOCK, ENOLCK: (.locked, nil)
    case EFBIG: (.noSpace, "a limit on the size of files is reached: raise it (ulimit -f); what was there before is untouched")
    case EACCES, EPERM, EROFS: (.system, "check the permissions of the file and of its folder")
    default: (.system, nil)
    }
  }
}

extension FileError: StorageRelated {
  public var storageTrouble: StoragePatience.Trouble.Kind? { kind == .storage ? .away : kind == .stopped ? .stopped : nil }
}
