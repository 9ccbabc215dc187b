/// A lack of memory: how much was wanted for what, how much there is, and which limit applies.
public struct MemoryError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The thing that would have to be smaller, so that the program can name its flags.
  public enum Cause: String, Sendable, Hashable {
    /// The number of pictures that are computed at once.
    case batch
    /// The network's parameters.
    case network
    /// The sizes that a file states.
    case file
    case other
  }

  public let cause: Cause
  /// The purpose of the memory, such as `4,000,000 pictures [3, 64, 64]`.
  public let purpose: String
  /// The number of bytes that were asked for; nil if it is too large for an `Int`.
  public let wanted: Int?
  /// The number of bytes that this process may still have.
  public let available: Int
  /// The limit in words: `of the host's memory`, `under the limit of address space (ulimit -v)`.
  public let limit: String

  public init(_ cause: Cause, purpose: String, wanted: Int?, available: Int, limit: String) {
    (self.cause, self.purpose, self.wanted, self.available, self.limit) = (cause, purpose, wanted, available, limit)
  }

  /// The same error with the cause and purpose that a caller knows.
  public func naming(_ cause: Cause, _ purpose: String) -> MemoryError {
    MemoryError(cause, purpose: purpose, wanted: wanted, available: available, limit: limit)
  }

  public var description: String {
    let size = wanted.map(Self.text) ?? "more than 8 EiB"
    return "not enough memory for \(purpose): it takes \(size), \(Self.text(available)) can be had \(limit)"
  }

  /// The size as text, such as `1.5 GiB`.
  static func text(_ bytes: Int) -> String {
    var value = Double(bytes)
    for unit in ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"] {
      if value < 1024 || unit == "PiB" {
        let tenths = Int(value * 10)
        return tenths % 10 == 0 || unit == "bytes" ? "\(tenths / 10) \(unit)" : "\(tenths / 10).\(tenths % 10) \(unit)"
      }
      value /= 1024
    }
    return "\(bytes) bytes"
  }
}
