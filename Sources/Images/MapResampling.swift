/// A map at another size, between whose pixels lies a straight line (bilinear, pixel centres at ½); equal sizes give the same.
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
