/// Range, mean and deviation of values, in double precision.
struct Statistics: Equatable {
  var minimum = Float.infinity
  var maximum = -Float.infinity
  var mean = 0.0
  /// √(Σ(x − mean)² / count)
  var deviation = 0.0
  /// Values that are not a finite number; all else is of the others.
  var nonFinite = 0

  init(_ values: UnsafeBufferPointer<Float>) {
    var sum = 0.0
    for value in values {
      guard value.isFinite else {
        nonFinite += 1
        continue
      }
      minimum = min(minimum, value)
      maximum = max(maximum, value)
      sum += Double(value)
    }
    let count = Double(values.count - nonFinite)
    guard count > 0 else {
      (minimum, maximum, mean, deviation) = (.nan, .nan, .nan, .nan)
      return
    }
    mean = sum / count
    // A second pass: squares of large means would swallow small deviations.
    var squares = 0.0
    for value in values where value.isFinite { squares += (Double(value) - mean) * (Double(value) - mean) }
    deviation = (squares / count).squareRoot()
  }
}
