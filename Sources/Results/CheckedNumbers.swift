/// What a file of a result folder says in numbers is looked at where it is read: files are copied, edited, and written by others.
public protocol CheckedNumbers: Decodable {
  /// The first number that nobody can have meant, as a sentence; nil when there is none.
  var problem: String? { get }
}

/// A number in a file that nobody can have meant.
struct NumberProblem: Error, CustomStringConvertible {
  let description: String
}

package enum NumberLimits {
  /// Of counts: whole numbers up to here are exact in every program that reads JSON.
  package static let counts = 0...(1 << 53)
  /// Of the sides of pictures and maps, in pixels.
  package static let sides = 1...(1 << 24)
  /// Of the sides of a network's input, in pixels.
  package static let inputSides = 1...(1 << 12)
  package static let parts = 0.0...1.0
  /// Of options: a seed has up to 64 bits.
  package static let options = -1e20...1e20

  /// `samples 9, expected 1 … 4`; nil for a number in its range, or none at all.
  package static func problem<Number: Comparable>(_ name: String, _ value: Number?, _ range: ClosedRange<Number>) -> String? {
    guard let value, !range.contains(value) else { return nil }
    return "\(name) \(value), expected \(range.lowerBound) … \(range.upperBound)"
  }
}
