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
    /// Something can't be written, or options are impossible.
    case synthesis
  }

  public let kind: Kind
  public let description: String

  public init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }
}
