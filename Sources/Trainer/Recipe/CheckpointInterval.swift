import Foundation

/// How often a run is saved: `1epoch`, `500steps`, `10min`, `30s`.
public enum CheckpointInterval: Sendable, Hashable, CustomStringConvertible {
  case epochs(Int)
  case steps(Int)
  case seconds(Double)

  /// The longest intervals: products with them stay far from overflow. That of seconds is about thirty years.
  private static let (mostSteps, mostSeconds) = (1 << 31, 1e9)

  /// Nil if the text is none of the four forms with a positive number.
  public init?(_ text: String) {
    let digits = text.prefix { $0.isNumber || $0 == "." }
    let (counts, seconds) = (1...Self.mostSteps, 1e-3...Self.mostSeconds)
    switch (text.dropFirst(digits.count), Int(digits), Double(digits)) {
    case ("epoch", let count?, _) where counts.contains(count), ("epochs", let count?, _) where counts.contains(count):
      self = .epochs(count)
    case ("step", let count?, _) where counts.contains(count), ("steps", let count?, _) where counts.contains(count):
      self = .steps(count)
    case ("min", _, let count?) where seconds.contains(60 * count): self = .seconds(60 * count)
    case ("s", _, let count?) where seconds.contains(count): self = .seconds(count)
    default: return nil
    }
  }

  public var description: String {
    switch self {
    case .epochs(let count): "\(count)epoch"
    case .steps(let count): "\(count)steps"
    case .seconds(let count) where count.truncatingRemainder(dividingBy: 60) == 0: "\(Int(count / 60))min"
    case .seconds(let count): "\(count.formatted(.number.grouping(.never).locale(Locale(identifier: "en_US_POSIX"))))s"
    }
  }
}

extension CheckpointInterval: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let interval = CheckpointInterval(text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "'\(text)' is no interval like 1epoch, 500steps, 10min or 30s")
    }
    self = interval
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
