import Files

/// What is wrong with a data set: the message names the place, what was expected and found, and a hint.
public struct DataError: Error, CustomStringConvertible, Sendable, Equatable {
  public enum Kind: Sendable {
    /// A folder or file isn't there, or can't be read.
    case unreadable
    /// The folders aren't arranged as any known data set.
    case layout
    /// A label, class or box makes no sense, or its file is damaged.
    case labels
    /// Too many pictures can't be decoded.
    case badPictures
    /// A pack isn't whole, is damaged, or of another version.
    case pack
    /// Something can't be written, or options are impossible.
    case synthesis
    /// The storage was at fault for longer than `StoragePatience` allows.
    case storage
    /// Somebody asked the process to stop while it waited for the storage.
    case stopped
  }

  public let kind: Kind
  public let description: String
  /// What the system call that failed left in errno; nil where none did.
  public let code: Int32?

  public init(_ kind: Kind, _ description: String, code: Int32? = nil) {
    self.kind = kind
    self.description = description
    self.code = code
  }

  /// The storage could not be read.
  public init(_ trouble: StoragePatience.Trouble) {
    self.init(trouble.kind == .stopped ? .stopped : .storage, trouble.description)
  }

  /// A file could not be read.
  public init(_ error: FileError) {
    let kind: Kind = error.kind == .storage ? .storage : error.kind == .stopped ? .stopped : .unreadable
    self.init(kind, error.description, code: error.code)
  }

  /// A list that isn't as it should be.
  public init(_ error: TextListError) {
    if let cause = error.cause { self.init(cause) } else { self.init(.labels, error.description) }
  }
}

extension DataError: StorageRelated {
  public var storageTrouble: StoragePatience.Trouble.Kind? { kind == .storage ? .away : kind == .stopped ? .stopped : nil }
}
