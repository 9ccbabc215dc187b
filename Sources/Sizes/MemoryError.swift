/// Memory that can't be had: how much was wanted for what, how much there is, and what says so.
public struct MemoryError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What would make it less, for the program to name its flags.
  public enum Cause: String, Sendable, Hashable {
    /// The number of pictures that are computed at once.
    case batch
    /// The network's parameters.
    case network
    /// What a file says of itself.
    case file
    case other
  }

  public let cause: Cause
  /// What the memory is for: `4,000,000 pictures [3, 64, 64]`.
  public let purpose: String
  /// Bytes that were asked for; nil for more than can be counted.
  public let wanted: Int?
  /// Bytes that this process may still have.
  public let available: Int
  /// What the limit is: `of the host's memory`, `under the limit of address space (ulimit -v)`.
  public let limit: String

  public init(_ cause: Cause, purpose: String, wanted: Int?, available: Int, limit: String) {
    self.cause = cause
    self.purpose = purpose
    self.wanted = wanted
    self.available = available
    self.limit = limit
  }

  /// The same error with the words of a caller that knows what it was for.
  public func naming(_ cause: Cause, _ purpose: String) -> MemoryError {
    MemoryError(cause, purpose: purpose, wanted: wanted, available: available, limit: limit)
  }

  public var description: String {
    let size = wanted.map(Self.text) ?? "more than 8 EiB"
    return "not enough memory for \(purpose): it takes \(size), \(Self.text(available)) can be had \(limit)"
  }

  /// `1.5 GiB`.
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
