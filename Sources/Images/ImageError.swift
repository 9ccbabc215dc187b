import Files

/// The reason why a picture couldn't be read, decoded, changed or encoded; the message names the file, what was found and a hint.
public struct ImageError: Error, CustomStringConvertible, Sendable, Equatable {
  /// The stage that failed, for callers that treat failures differently.
  public enum Kind: Sendable {
    /// The file can't be opened or read.
    case unreadable
    /// The content isn't a whole JPEG or PNG picture.
    case undecodable
    /// The requested size is impossible.
    case invalidSize
    /// The picture couldn't be read when the pack was made, as the pack states: this is nothing new.
    case leftOut
    /// The storage was at fault for longer than `StoragePatience` allows: nothing is known about the picture.
    case storage
    /// The process was asked to stop while it waited for the storage: nothing is known about the picture.
    case stopped

    /// True if the picture itself is bad.
    public var isOfThePicture: Bool { self != .leftOut && self != .storage && self != .stopped }
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
  init(_ error: FileError) {
    let kind: Kind = error.kind == .storage ? .storage : error.kind == .stopped ? .stopped : .unreadable
    self.init(kind, error.description, code: error.code == 0 ? nil : error.code)
  }
}

extension ImageError: StorageRelated {
  public var storageTrouble: StoragePatience.Trouble.Kind? { kind == .storage ? .away : kind == .stopped ? .stopped : nil }
}
