/// A failure to read or make a file of another program. The message names the file, and says what was expected, what was found
/// and what to do.
public struct InterchangeError: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Kind: Sendable, Hashable {
    /// The options don't fit the file or each other.
    case wrongUse
    /// The file is damaged, or holds something that deepinside's networks don't have.
    case badData
    /// The system refused something.
    case system
  }

  public let kind: Kind
  public let description: String

  init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }

  static func badData(_ path: String, _ reason: String) -> InterchangeError { .init(.badData, "cannot read \(path): \(reason)") }
}
