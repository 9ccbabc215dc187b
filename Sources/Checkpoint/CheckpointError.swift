import Files
import Foundation
import HDF5

/// A failed attempt to write or read a checkpoint, with what to do about it.
public struct CheckpointError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kinds of failures that callers tell apart.
  public enum Kind: String, Sendable, Hashable {
    /// The file does not exist.
    case missing
    /// The file is no HDF5 file, or an HDF5 file of something else.
    case otherFormat
    /// The file is a checkpoint of a version that this program doesn't know.
    case otherVersion
    /// The file ends too early, or a checksum, a data set or a description is not as it was written.
    case damaged
    /// A data set's shape is another than the network requires.
    case otherShape
    /// The disk is full, or a quota is used up.
    case noSpace
    /// The contents to be written don't fit together.
    case invalidContents
    /// A value is no finite number; on writing, the training has diverged.
    case notFinite
    /// The storage was at fault for longer than `StoragePatience` allows.
    case storage
    /// The process was asked to stop while it waited for the storage.
    case stopped
    /// There isn't enough memory for the checkpoint's contents.
    case noMemory
    case other
  }

  public let kind: Kind
  public let path: String
  /// The action that failed: `read` or `write`.
  public let action: String
  public let reason: String
  public let hint: String?
  /// The value of errno after the system call that failed; nil if none did.
  public let code: Int32?

  public init(
    _ kind: Kind, _ action: String, _ path: String, _ reason: String, hint: String? = nil, code: Int32? = nil
  ) {
    self.code = code
    self.kind = kind
    self.path = path
    self.action = action
    self.reason = reason
    self.hint = hint
  }

  public var description: String {
    // For a storage that stays away, the reason is already the whole message, and may be about another file.
    kind == .storage || kind == .stopped
      ? reason : "cannot \(action) checkpoint \(path): \(reason)" + (hint.map { "; \($0)" } ?? "")
  }
}

extension CheckpointError {
  /// Makes the error of a failed write.
  init(writing error: HDF5Error, to path: String) {
    switch error.kind {
    case .noSpace:
      // The remedies for a full disk, a quota and a limit on the size of files differ.
      let remedy = error.hint?.split(separator: ";").first ?? "free space"
      self.init(.noSpace, "write", path, error.reason, hint: "\(remedy), the previous checkpoint is untouched")
    case .invalidValue: self.init(.invalidContents, "write", path, error.reason)
    default: self.init(.other, "write", path, error.reason, hint: error.hint)
    }
  }

  /// Makes the error of a failed read, with the checkpoint to resume from instead if there is one.
  init(reading error: HDF5Error, from path: String) {
    let kind: Kind =
      switch error.kind {
      case .noSuchFile: .missing
      case .notHDF5: .otherFormat
      case .unexpectedShape: .otherShape
      case .truncated, .noSuchObject, .unexpectedType, .other: .damaged
      case .locked, .noSpace, .invalidValue, .system: .other
      case .storage: .storage
      case .noMemory: .noMemory
      case .stopped: .stopped
      }
    // The reason of a failure to open needs no more words; that of a data set names it.
    let reason = error.action == "open" ? error.reason : "cannot \(error.action.removingPreposition): \(error.reason)"
    let isOfTheFile = kind != .storage && kind != .stopped
    self.init(
      kind, "read", path, reason, hint: isOfTheFile ? error.hint ?? Self.alternative(to: path) : nil, code: error.code)
  }

  /// Makes the error for wrong contents of a file, with the checkpoint to resume from instead if there is one.
  static func reading(_ kind: Kind, _ path: String, _ reason: String) -> CheckpointError {
    CheckpointError(kind, "read", path, reason, hint: alternative(to: path))
  }

  /// The advice to resume from the checkpoint before this one in its folder; nil if there is none.
  private static func alternative(to path: String) -> String? {
    let folder = FilePath.folder(of: path)
    let name = SymbolicLink.target(of: path).map(FilePath.name) ?? FilePath.name(of: path)
    let own = CheckpointFolder.step(ofName: name) ?? Int.max
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    guard let previous = names.compactMap(CheckpointFolder.step).filter({ $0 < own }).max() else { return nil }
    let other = FilePath.join(folder, CheckpointFolder.fileName(step: previous))
    return "resume from the previous checkpoint with --resume \(other)"
  }
}

extension String {
  /// The text without its last preposition: `read data set /mean` for `read data set /mean of`.
  fileprivate var removingPreposition: String {
    for ending in [" of", " in"] where hasSuffix(ending) { return String(dropLast(ending.count)) }
    return self
  }
}

extension CheckpointError: StorageRelated {
  public var storageTrouble: StoragePatience.Trouble.Kind? { kind == .storage ? .away : kind == .stopped ? .stopped : nil }
}
