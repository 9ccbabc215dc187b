/// A method, an option or a layer that can't be used with a network; the message says what was expected and what was found.
public struct AttributionError: Error, Sendable, Hashable, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}
