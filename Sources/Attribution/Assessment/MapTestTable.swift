import Files
import Foundation

/// The scores of methods and of maps that know nothing of the net, in all tests and for all pictures.
package struct MapTestTable {
  package struct Column: Sendable {
    package let name: String
    package let category: MapTestCategory
    package let higherIsBetter: Bool
  }

  /// The pointing game, insertion and deletion, `MapTests.all`, and `BoxAccuracy`.
  package static let columns =
    [
      Column(name: "pointing", category: .localisation, higherIsBetter: true),
      Column(name: "insertion", category: .faithfulness, higherIsBetter: true),
      Column(name: "deletion", category: .faithfulness, higherIsBetter: false),
    ] + MapTests.all.map { Column(name: $0.name, category: $0.category, higherIsBetter: $0.higherIsBetter) }
    + [Column(name: "max_box_acc_v2", category: .localisation, higherIsBetter: true)]

  /// The names of the rows: methods, then baselines and controls.
  package let rows: [String]
  private let methods: Int
  private let seed: UInt64
  /// `[row][column][picture]`; NaN where a test doesn't apply.
  private var scores: [[[Double]]]
  /// `[row][picture][threshold]`, see `BoxAccuracy`.
  private var overlaps: [[[Float]]]
  private var bootstraps: [Int: Bootstrap] = [:]

  package init(methods: [String], others: [String], seed: UInt64) {
    (rows, self.methods, self.seed) = (methods + others, methods.count, seed)
    scores = rows.map { _ in Self.columns.map { _ in [] } }
    overlaps = rows.map { _ in [] }
  }

  /// Adds a picture.
  ///
  /// - Parameters:
  ///   - measures: of the first three columns, `[rows, 3]`.
  ///   - tests: of `MapTests.all`, `[rows, tests]`.
  ///   - overlaps: `[rows, BoxAccuracy.thresholds]`.
  package mutating func add(measures: [Float], tests: [Float], overlaps: [Float]) {
    let others = MapTests.all.count
    for row in rows.indices {
      let all = measures[(row * 3)..<(row * 3 + 3)] + tests[(row * others)..<((row + 1) * others)]
      for (column, score) in all.enumerated() { scores[row][column].append(Double(score)) }
      self.overlaps[row].append(Array(overlaps[(row * BoxAccuracy.thresholds)..<((row + 1) * BoxAccuracy.thresholds)]))
    }
  }

  /// Computes the scores that need all pictures, after the last one was added.
  package mutating func finish() {
    for row in rows.indices { scores[row][Self.columns.count - 1] = BoxAccuracy.scores(overlaps[row]) }
  }

  /// How a row compares with another in a column: 1 if it is better, −1 if it is worse, by more than the interval of the pictures'
  /// differences; otherwise 0. Nil if no picture has both scores.
  package mutating func comparison(of row: String, with other: String, in column: String) -> Int? {
    guard let row = rows.firstIndex(of: row), let other = rows.firstIndex(of: other),
      let column = Self.columns.firstIndex(where: { $0.name == column })
    else { return nil }
    let sign = Self.columns[column].higherIsBetter ? 1.0 : -1
    let differences = zip(scores[row][column], scores[other][column]).map { sign * ($0 - $1) }.filter { !$0.isNaN }
    guard let interval = interval(of: differences) else { return nil }
    return interval.lowerBound > 0 ? 1 : interval.upperBound < 0 ? -1 : 0
  }

  private mutating func interval(of values: [Double]) -> ClosedRange<Double>? {
    guard !values.isEmpty else { return nil }
    let bootstrap = bootstraps[values.count] ?? Bootstrap(count: values.count, seed: seed)
    bootstraps[values.count] = bootstrap
    return bootstrap.interval(of: values)
  }

  /// The mean over the pictures that have a score; nil if none has.
  package func mean(of row: String, in column: String) -> Double? {
    guard let row = rows.firstIndex(of: row), let column = Self.columns.firstIndex(where: { $0.name == column }) else {
      return nil
    }
    return mean(row, column)
  }

  private func mean(_ row: Int, _ column: Int) -> Double? {
    let known = scores[row][column].filter { !$0.isNaN }
    return known.isEmpty ? nil : known.reduce(0, +) / Double(known.count)
  }

  /// The rows that know nothing of the net and are as good in a column as the best method. The mask itself knows where the object is, so
  /// that it shall be the best in localisation.
  private func fooling(_ column: Int) -> [String] {
    let (test, sign) = (Self.columns[column], Self.columns[column].higherIsBetter ? 1.0 : -1)
    guard let best = (0..<methods).compactMap({ mean($0, column) }).map({ sign * $0 }).max() else { return [] }
    return (methods..<rows.count).filter { row in
      let isMask = rows[row] == "mask" && test.category == .localisation
      return !isMask && mean(row, column).map { sign * $0 >= best } ?? false
    }.map { rows[$0] }
  }

  /// A CSV table with one line per row and test: `method,test,category,better,pictures,mean,low,high,than_centre,than_random,fooled_by`.
  package mutating func csv() -> String {
    var text = CSV.row([
      "method", "test", "category", "better", "pictures", "mean", "low", "high", "than_centre", "than_random", "fooled_by",
    ])
    func written(_ value: Double?) -> String { value.map { String(format: "%.4f", $0) } ?? "" }
    for (column, test) in Self.columns.enumerated() {
      let fooling = fooling(column).joined(separator: " ")
      for row in rows.indices {
        let known = scores[row][column].filter { !$0.isNaN }
        let interval = interval(of: known)
        let verdicts = ["centre", "random"].map { other -> String in
          guard rows[row] != other, let found = comparison(of: rows[row], with: other, in: test.name) else { return "" }
          return ["worse", "equal", "better"][found + 1]
        }
        text += CSV.row(
          [
            rows[row], test.name, test.category.rawValue, test.higherIsBetter ? "higher" : "lower", "\(known.count)",
            written(mean(row, column)), written(interval?.lowerBound), written(interval?.upperBound),
          ] + verdicts + [fooling])
      }
    }
    return text
  }
}
