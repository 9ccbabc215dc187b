/// The value of an option, as results record it.
public enum ParameterValue: Sendable, Hashable, Codable, CustomStringConvertible {
  case text(String)
  case number(Double)
  case flag(Bool)

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    // Tries text first: "nan" may be the name of a class.
    if let text = try? container.decode(String.self) {
      self = .text(text)
    } else if let flag = try? container.decode(Bool.self) {
      self = .flag(flag)
    } else {
      self = .number(try container.decode(Double.self))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .text(let text): try container.encode(text)
    case .number(let number): try container.encode(number)
    case .flag(let flag): try container.encode(flag)
    }
  }

  public var description: String {
    switch self {
    case .text(let text): text
    case .number(let number): number == number.rounded() && abs(number) < 1e15 ? "\(Int(number))" : "\(number)"
    case .flag(let flag): flag ? "yes" : "no"
    }
  }

  /// The decimal number that a person wrote for a Float: 0.02, not 0.0199999996.
  package static func number(_ value: Float) -> ParameterValue { .number(Double("\(value)") ?? Double(value)) }
}
