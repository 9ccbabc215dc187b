import ConvNet
import Foundation
import Images

/// What a file of a result folder says in numbers is looked at where it is read: files are copied, edited, and written by others.
///
/// The limits stand here, and nowhere else.
protocol CheckedNumbers: Decodable {
  /// The first number that nobody can have meant, as a sentence; nil when there is none.
  var problem: String? { get }
}

/// A number in a file that nobody can have meant.
struct NumberProblem: Error, CustomStringConvertible {
  let description: String
}

enum NumberLimits {
  /// Of counts: whole numbers up to here are exact in every program that reads JSON.
  static let counts = 0...(1 << 53)
  /// Of the sides of pictures and maps, in pixels.
  static let sides = 1...(1 << 24)
  static let parts = 0.0...1.0
  /// Of options: a seed has up to 64 bits.
  static let options = -1e20...1e20
  /// Of the shorter side at which objects are cut out, in pixels.
  static let cutSides = 1...(1 << 14)
  /// Samples of a class model, which stand next to each other in a picture.
  static let samples = 1...(1 << 16)

  /// `samples 9, expected 1 … 4`; nil for a number in its range, or none at all.
  static func problem<Number: Comparable>(_ name: String, _ value: Number?, _ range: ClosedRange<Number>) -> String? {
    guard let value, !range.contains(value) else { return nil }
    return "\(name) \(value), expected \(range.lowerBound) … \(range.upperBound)"
  }
}

extension ResultHeader: CheckedNumbers {
  var problem: String? {
    let sides = 1...Network.largestInputSide
    guard input.count == 3, input[0] > 0, input.dropFirst().allSatisfy(sides.contains), input[0] <= NumberLimits.sides.upperBound
    else { return "input \(input), expected [channels, height, width], no side above \(Network.largestInputSide) pixels" }
    for (name, value) in parameters.sorted(by: { $0.key < $1.key }) {
      guard case .number(let number) = value else { continue }
      if let problem = NumberLimits.problem(name, number, NumberLimits.options) { return problem }
    }
    return NumberLimits.problem("classCount", classCount, NumberLimits.sides)
  }

  /// A parameter that counts something.
  ///
  /// - Throws: `VisualizeError` for a number outside of the range, or none at all.
  func count(_ name: String, in range: ClosedRange<Int>, folder: String) throws(VisualizeError) -> Int {
    let number: Double? = if case .number(let number)? = parameters[name] { number } else { nil }
    guard let number, let count = Int(exactly: number), range.contains(count) else {
      let found = parameters[name]?.description ?? "nothing"
      throw VisualizeError(
        .badData,
        "\((folder as NSString).appendingPathComponent(ResultStore.parametersFile)): expected \(name) to be "
          + "\(range.lowerBound) … \(range.upperBound), found \(found)")
    }
    return count
  }
}

extension ResultRecord: CheckedNumbers {
  var problem: String? {
    for answer in answers ?? [] {
      if let problem = NumberLimits.problem("overlap", answer.overlap, NumberLimits.parts) { return problem }
    }
    return NumberLimits.problem("width", width, NumberLimits.sides) ?? NumberLimits.problem("height", height, NumberLimits.sides)
  }
}

extension JobSummary: CheckedNumbers {
  var problem: String? {
    for (name, value) in [
      ("total", total), ("done", done), ("skipped", skipped), ("failed", failed), ("picturesWithBoxes", picturesWithBoxes ?? 0),
    ] {
      if let problem = NumberLimits.problem(name, value, NumberLimits.counts) { return problem }
    }
    return (localisationError ?? []).lazy.compactMap { NumberLimits.problem("localisationError", $0, NumberLimits.parts) }.first
  }
}

extension SaliencyRendering: CheckedNumbers {
  /// Of the parts that options and files may say, but for 0, which shows nothing.
  public static let parts = 0.0...1.0
  public static let gammas: ClosedRange<Float> = 0.01...100

  public var problem: String? {
    if percentile == 0 { return "percentile 0, expected above 0" }
    if overlay == 0 { return "overlay 0, expected above 0" }
    return NumberLimits.problem("percentile", percentile, Self.parts) ?? NumberLimits.problem("gamma", gamma, Self.gammas)
      ?? NumberLimits.problem("overlay", overlay.map(Double.init), Self.parts)
  }
}

extension StrongestPictures: CheckedNumbers {
  /// Whether every unit is one of a layer of that shape.
  func fits(_ shape: Shape) -> Bool {
    channels.count == shape.channels && channels.joined().allSatisfy { $0.unit.y < shape.height && $0.unit.x < shape.width }
  }

  var problem: String? {
    for (number, hits) in channels.enumerated() {
      for hit in hits where hit.unit.channel != number || hit.unit.y < 0 || hit.unit.x < 0 {
        return "the unit \(hit.unit) in the list of channel \(number)"
      }
    }
    return nil
  }
}
