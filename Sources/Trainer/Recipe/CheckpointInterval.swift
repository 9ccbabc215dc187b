import Foundation

/// How often a run is saved: `1epoch`, `500steps`, `10min`.
public enum CheckpointInterval: Sendable, Hashable, CustomStringConvertible {
  case epochs(Int)
  case steps(Int)
  case minutes(Double)

  /// Nil when the text is none of the three forms with a positive number.
  public init?(_ text: String) {
    let digits = text.prefix { $0.isNumber || $0 == "." }
    switch (text.dropFirst(digits.count), Int(digits), Double(digits)) {
    case ("epoch", let count?, _) where count > 0, ("epochs", let count?, _) where count > 0: self = .epochs(count)
    case ("step", let count?, _) where count > 0, ("steps", let count?, _) where count > 0: self = .steps(count)
    case ("min", _, let count?) where count > 0: self = .minutes(count)
    default: return nil
    }
  }

  public var description: String {
    switch self {
    case .epochs(let count): "\(count)epoch"
    case .steps(let count): "\(count)steps"
    case .minutes(let count): "\(count.formatted(.number.precision(.fractionLength(0...2))))min"
    }
  }
}

extension CheckpointInterval: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let interval = CheckpointInterval(text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "'\(text)' is no interval like 1epoch, 500steps or 10min")
    }
    self = interval
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
