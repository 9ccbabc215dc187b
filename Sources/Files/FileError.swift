import Foundation

/// A file that the system would not let us write or read, with what was being done and what to do about it.
public struct FileError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What an error number means to a caller.
  public enum Kind: String, Sendable, Hashable {
    case noSuchFile, noSpace, locked, system
    /// An archive, or one of its members, that is cut, damaged, or of a kind that can't be read.
    case damagedArchive
    /// The storage was at fault for longer than `StoragePatience` allows.
    case storage
    /// Somebody asked the process to stop while it waited for the storage.
    case stopped
  }

  public let kind: Kind
  public let path: String
  /// What was being done: `write`, `make the link`.
  public let action: String
  /// The call and what the system said: `fsync: no space left on device`.
  public let reason: String
  public let hint: String?
  /// What the call left in errno.
  public let code: Int32
  /// Whether `reason` is the whole sentence.
  private let isWhole: Bool

  /// The error of a system call that has just failed. Source: errno(3)
  public init(_ call: String, _ action: String, _ path: String, code: Int32 = errno) {
    let (kind, hint) = Self.meaning(code)
    self.kind = kind
    self.path = path
    self.action = action
    reason = "\(call): \(Self.text(code))"
    self.hint = hint
    self.code = code
    isWhole = false
  }

  /// Something that isn't as it should be, without a system call that has failed.
  public init(action: String, path: String, reason: String, hint: String? = nil) {
    (self.action, self.path, self.reason, self.hint) = (action, path, reason, hint)
    kind = .system
    code = 0
    isWhole = false
  }

  /// The same, of a certain kind.
  init(_ kind: Kind, action: String, path: String, reason: String, hint: String? = nil) {
    (self.kind, self.action, self.path, self.reason, self.hint) = (kind, action, path, reason, hint)
    code = 0
    isWhole = false
  }

  /// The storage stayed away.
  init(_ trouble: StoragePatience.Trouble, path: String) {
    kind = trouble.kind == .stopped ? .stopped : .storage
    self.path = path
    action = "read"
    reason = trouble.description
    hint = nil
    code = 0
    isWhole = true
  }

  public var description: String { isWhole ? reason : "cannot \(action) \(path): \(reason)" + (hint.map { "; \($0)" } ?? "") }

  /// What the system calls that error number, in lower case: `no space left on device`.
  public static func text(_ code: Int32) -> String {
    let text = String(cString: strerror(code))
    return text.prefix(1).lowercased() + text.dropFirst()
  }

  /// What an error number means, and what to do.
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
