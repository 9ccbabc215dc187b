/// A type that is read from a file of a result folder and whose numbers are checked: such files are copied, edited, and written
/// by other programs.
public protocol CheckedNumbers: Decodable {
  /// A sentence about the first number that makes no sense; nil if there is none.
  var problem: String? { get }
}

/// An error for a number in a file that makes no sense.
struct NumberProblem: Error, CustomStringConvertible {
  let description: String
}

package enum NumberLimits {
  /// The range of counts: whole numbers up to here are exact in every program that reads JSON.
  package static let counts = 0...(1 << 53)
  /// The range of the sides of pictures and maps, in pixels.
  package static let sides = 1...(1 << 24)
  /// The range of the sides of a network's input, in pixels.
  package static let inputSides = 1...(1 << 12)
  package static let parts = 0.0...1.0
  /// The range of options; a seed has up to 64 bits.
  package static let options = -1e20...1e20

  /// A text such as `samples 9, expected 1 … 4`; nil if the number is in its range, or nil.
  package static func problem<Number: Comparable>(_ name: String, _ value: Number?, _ range: ClosedRange<Number>) -> String? {
    guard let value, !range.contains(value) else { return nil }
    return "\(name) \(value), expected \(range.lowerBound) … \(range.upperBound)"
  }
}
