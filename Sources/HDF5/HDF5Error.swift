import CHDF5
import Files
import Foundation

/// A failed attempt to write or read an HDF5 file, with what was being done and what to do about it.
public struct HDF5Error: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kinds of failures that callers tell apart.
  public enum Kind: String, Sendable, Hashable {
    case noSuchFile, notHDF5, truncated, noSpace, locked, noSuchObject, unexpectedShape, unexpectedType, invalidValue, noMemory
    /// The system refused, for example without permission or with an input/output error.
    case system
    /// The storage was at fault for longer than `StoragePatience` allows.
    case storage
    /// The process was asked to stop while it waited for the storage.
    case stopped
    /// HDF5 couldn't make sense of the file.
    case other
  }

  public let kind: Kind
  public let path: String
  /// The action that failed, such as `open` or `write data set /mean of`.
  public let action: String
  /// The reason that the library or the system gave.
  public let reason: String
  public let hint: String?
  /// The value of errno after the system call that failed; nil if none did.
  public let code: Int32?

  public init(_ kind: Kind, path: String, action: String, reason: String, hint: String? = nil, code: Int32? = nil) {
    (self.code, self.kind, self.path, self.action, self.reason, self.hint) = (code, kind, path, action, reason, hint)
  }

  public var description: String {
    // For a storage that stays away, the reason is already the whole message.
    kind == .storage || kind == .stopped ? reason : "cannot \(action) \(path): \(reason)" + (hint.map { "; \($0)" } ?? "")
  }
}

extension HDF5Error.Kind {
  init(_ kind: FileError.Kind) {
    self =
      switch kind {
      case .noSuchFile: .noSuchFile
      case .noSpace: .noSpace
      case .locked: .locked
      case .system, .damagedArchive: .system
      case .storage: .storage
      case .stopped: .stopped
      }
  }
}

extension HDF5Error {
  /// Makes the HDF5 error of a file that the system would not write.
  package init(_ error: FileError) {
    self.init(Kind(error.kind), path: error.path, action: error.action, reason: error.reason, hint: error.hint)
  }

  /// Runs one HDF5 call. If it returns a negative value, throws an error with the reason from HDF5's error stack.
  ///
  /// Source: H5Eset_auto2, H5Ewalk2. Each thread has its own error stack and its own setting for printing it, so printing is
  /// switched off at every call.
  @discardableResult
  static func check<Value: SignedInteger>(
    _ call: StaticString, _ action: @autoclosure () -> String, _ path: String, _ body: () -> Value
  ) throws(HDF5Error) -> Value {
    try HDF5Lock.hold { () throws(HDF5Error) in
      silence()
      let value = body()
      guard value < 0 else { return value }
      throw HDF5Error(stack: ErrorStack(), call: "\(call)", action: action(), path: path)
    }
  }

  /// Switches off HDF5's printing of its error stack in this thread.
  static func silence() { H5Eset_auto2(hdf5_error_stack(), nil, nil) }

  private init(stack: ErrorStack, call: String, action: String, path: String) {
    let said = stack.cause ?? "the library gave no reason"
    var kind = Kind.other
    var reason = "\(call): \(said)"
    var hint: String?
    if let code = stack.systemError {
      reason = "\(call): \(FileError.text(code))"
      let meaning = FileError.meaning(code)
      kind = Kind(meaning.kind)
      hint = meaning.hint
    } else if said.hasPrefix("truncated file") {
      kind = .truncated
      reason = "\(call): truncated file" + (stack.truncation.map { " (eof \($0.found), expected \($0.expected))" } ?? "")
    } else if said.contains("file signature not found") {
      kind = .notHDF5
      reason = "\(call): not an HDF5 file"
    }
    if kind == .locked || stack.descriptions.contains(where: { $0.contains("unable to lock file") }) {
      kind = .locked
      hint = "another process has it open for writing; where a network file system has no locks, set HDF5_USE_FILE_LOCKING=FALSE"
    }
    self.init(kind, path: path, action: action, reason: reason, hint: hint, code: stack.systemError)
  }
}

/// The notes that HDF5 made about a failure, innermost call first.
private final class ErrorStack {
  private(set) var descriptions: [String] = []

  init() {
    let collect: H5E_walk2_t = { _, record, stack in
      guard let record, let stack, let text = record.pointee.desc else { return 0 }
      Unmanaged<ErrorStack>.fromOpaque(stack).takeUnretainedValue().descriptions.append(String(cString: text))
      return 0
    }
    H5Ewalk2(hdf5_error_stack(), H5E_WALK_UPWARD, collect, Unmanaged.passUnretained(self).toOpaque())
  }

  /// The innermost note.
  var cause: String? { descriptions.first }

  /// The error number in a note such as `errno = 28`, which HDF5 makes of a failed system call; nil if there is none.
  var systemError: Int32? {
    descriptions.lazy.compactMap { self.number(after: "errno = ", in: $0) }.first.map { Int32(truncatingIfNeeded: $0) }
  }

  /// The size of the file in bytes, and the size that the file itself states; nil if the failure is another one.
  var truncation: (found: Int, expected: Int)? {
    guard let cause, let found = number(after: "eof = ", in: cause), let expected = number(after: "stored_eof = ", in: cause)
    else { return nil }
    return (found, expected)
  }

  private func number(after label: String, in text: String) -> Int? {
    guard let place = text.range(of: label) else { return nil }
    return Int(text[place.upperBound...].prefix { $0.isNumber })
  }
}

extension HDF5Error: StorageRelated {
  public var storageTrouble: StoragePatience.Trouble.Kind? { kind == .storage ? .away : kind == .stopped ? .stopped : nil }
}
