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
  }

  public let kind: Kind
  public let description: String

  public init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }
}
