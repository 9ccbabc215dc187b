/// A map at another size, by bilinear interpolation with pixel centres at ½; for equal sizes the map itself.
package func resampled(_ map: [Float], from: PictureSize, to: PictureSize) -> [Float] {
  precondition(map.count == from.width * from.height, "\(map.count) values are not \(from)")
  if from == to { return map }
  func places(_ old: Int, _ new: Int) -> [(lower: Int, upper: Int, part: Float)] {
    (0..<new).map { index in
      let place = max(0, min((Float(index) + 0.5) * Float(old) / Float(new) - 0.5, Float(old - 1)))
      let lower = Int(place)
      return (lower, min(lower + 1, old - 1), place - Float(lower))
    }
  }
  let columns = places(from.width, to.width)
  var result: [Float] = []
  result.reserveCapacity(to.width * to.height)
  for row in places(from.height, to.height) {
    for column in columns {
      func value(_ y: Int) -> Float {
        let (left, right) = (map[y * from.width + column.lower], map[y * from.width + column.upper])
        return left + (right - left) * column.part
      }
      let (upper, lower) = (value(row.lower), value(row.upper))
      result.append(upper + (lower - upper) * row.part)
    }
  }
  return result
}

/// A plane of floats at another size, by a triangle filter that is widened when the plane gets smaller. This is what `Resizer`
/// does, but in floating point and without rounding. For equal sizes it is the plane itself.
package func resized<Value: BinaryFloatingPoint>(_ plane: [Value], from: PictureSize, to: PictureSize) -> [Value] {
  precondition(plane.count == from.width * from.height, "\(plane.count) values are not \(from)")
  if from == to { return plane }
  /// For each output, the first input that it uses, and the weights from that input on, whose sum is 1.
  func filter(_ old: Int, _ new: Int) -> [(first: Int, weights: [Value])] {
    let scale = Double(old) / Double(new)
    let support = max(scale, 1)
    return (0..<new).map { index in
      let centre = (Double(index) + 0.5) * scale
      let inputs = max(0, Int(centre - support + 0.5))..<min(old, Int(centre + support + 0.5))
      let weights = inputs.map { max(0, 1 - abs((Double($0) + 0.5 - centre) / support)) }
      let sum = weights.reduce(0, +)
      return (inputs.lowerBound, weights.map { Value($0 / sum) })
    }
  }
  var middle: [Value] = []
  let columns = filter(from.width, to.width)
  for y in 0..<from.height {
    for (first, weights) in columns {
      middle.append(weights.indices.reduce(0) { $0 + weights[$1] * plane[y * from.width + first + $1] })
    }
  }
  var result: [Value] = []
  for (first, weights) in filter(from.height, to.height) {
    for x in 0..<to.width {
      result.append(weights.indices.reduce(0) { $0 + weights[$1] * middle[(first + $1) * to.width + x] })
    }
  }
  return result
}
