/// A file of another program that can't be read or made; the message names it, and says what was expected, found and to be done.
public struct InterchangeError: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Kind: Sendable, Hashable {
    /// The options don't fit the file or each other.
    case wrongUse
    /// The file is damaged, or holds what deepinside's networks don't have.
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
