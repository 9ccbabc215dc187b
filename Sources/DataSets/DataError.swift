import Files

/// A problem of a data set: the message names the place, what was expected and found, and a hint.
public struct DataError: Error, CustomStringConvertible, Sendable, Equatable {
  public enum Kind: Sendable {
    /// A folder or file doesn't exist, or can't be read.
    case unreadable
    /// The folders aren't arranged like any known data set.
    case layout
    /// A label, class or box is impossible, or its file is damaged.
    case labels
    /// Too many pictures can't be decoded.
    case badPictures
    /// A pack is incomplete, damaged, or of another version.
    case pack
    /// Something of a made picture set can't be written, or its options are impossible.
    case synthesis
    /// The storage was at fault for longer than `StoragePatience` allows.
    case storage
    /// The options are incomplete, or don't fit what there is.
    case wrongUse
    /// The process was asked to stop while it waited for the storage.
    case stopped
  }

  public let kind: Kind
  public let description: String
  /// The value of errno after the system call that failed; nil if none did.
  public let code: Int32?

  public init(_ kind: Kind, _ description: String, code: Int32? = nil) {
    (self.kind, self.description, self.code) = (kind, description, code)
  }

  /// Makes the error for a storage that could not be read.
  public init(_ trouble: StoragePatience.Trouble) {
    self.init(trouble.kind == .stopped ? .stopped : .storage, trouble.description)
  }

  /// Makes the error for a file that could not be read.
  public init(_ error: FileError) {
    let kind: Kind = error.kind == .storage ? .storage : error.kind == .stopped ? .stopped : .unreadable
    self.init(kind, error.description, code: error.code)
  }

  /// Makes the error for a list with wrong contents.
  public init(_ error: TextListError) {
    if let cause = error.cause { self.init(cause) } else { self.init(.labels, error.description) }
  }
}

extension DataError: StorageRelated {
  public var storageTrouble: StoragePatience.Trouble.Kind? { kind == .storage ? .away : kind == .stopped ? .stopped : nil }
}
