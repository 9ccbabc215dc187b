/// Range, mean and standard deviation of values that come in pieces, in double precision.
struct Statistics: Equatable {
  private(set) var minimum = Float.nan
  private(set) var maximum = Float.nan
  private(set) var mean = Double.nan
  /// The number of values that are no finite numbers; everything else counts only the other values.
  private(set) var nonFinite = 0
  private var count = 0.0
  /// Σ(x − mean)²
  private var squares = 0.0

  /// √(Σ(x − mean)² / count)
  var deviation: Double { (squares / count).squareRoot() }

  /// Adds the next values. Source, for combining the sums of squares: Chan, Golub and LeVeque 1979, Updating Formulae, equation
  /// 2.1
  mutating func add(_ values: UnsafeBufferPointer<Float>) {
    var (least, most, sum, found) = (Float.infinity, -Float.infinity, 0.0, 0)
    for value in values where value.isFinite {
      least = min(least, value)
      most = max(most, value)
      sum += Double(value)
      found += 1
    }
    nonFinite += values.count - found
    guard found > 0 else { return }
    let others = Double(found)
    let othersMean = sum / others
    // The values are read a second time: in a sum of their squares, a large mean would hide small deviations.
    var othersSquares = 0.0
    for value in values where value.isFinite { othersSquares += (Double(value) - othersMean) * (Double(value) - othersMean) }
    guard count > 0 else {
      (minimum, maximum, mean, squares, count) = (least, most, othersMean, othersSquares, others)
      return
    }
    let apart = othersMean - mean
    minimum = min(minimum, least)
    maximum = max(maximum, most)
    squares += othersSquares + apart * apart * count * others / (count + others)
    count += others
    mean += apart * others / count
  }
}
