import Files

/// Why a picture couldn't be read, decoded, changed or encoded; the message names the file, what was found and a hint.
public struct ImageError: Error, CustomStringConvertible, Sendable, Equatable {
  /// The stage that failed: what a caller may want to treat differently.
  public enum Kind: Sendable {
    /// The file can't be opened or read.
    case unreadable
    /// The content isn't a whole JPEG or PNG picture.
    case undecodable
    /// The size asked for is impossible.
    case invalidSize
    /// A pack says that it couldn't be read when the pack was made: nothing new.
    case leftOut
    /// The storage was at fault for longer than `StoragePatience` allows: nothing is known of the picture.
    case storage
    /// Somebody asked the process to stop while it waited for the storage: nothing is known of the picture.
    case stopped

    /// Whether the picture itself is bad.
    public var isOfThePicture: Bool { self != .leftOut && self != .storage && self != .stopped }
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
  init(_ error: FileError) {
    let kind: Kind = error.kind == .storage ? .storage : error.kind == .stopped ? .stopped : .unreadable
    self.init(kind, error.description, code: error.code == 0 ? nil : error.code)
  }
}

extension ImageError: StorageRelated {
  public var storageTrouble: StoragePatience.Trouble.Kind? { kind == .storage ? .away : kind == .stopped ? .stopped : nil }
}
