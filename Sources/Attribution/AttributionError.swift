/// An error for a method, option or layer that can't be used with a network. The message says what was expected and what was
/// found.
public struct AttributionError: Error, Sendable, Hashable, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}
