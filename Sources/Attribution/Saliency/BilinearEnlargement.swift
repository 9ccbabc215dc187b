import ConvNet

/// Enlarges a map `[h, w]` to the height and width of `to`: bilinear, pixel centres aligned, the border repeated outwards.
func enlarged(_ source: [Float], _ from: Shape, to: Shape) -> [Float] {
  /// The two input positions that an output position lies between, and the weight of the second.
  func places(_ output: Int, _ input: Int) -> [(Int, Int, Float)] {
    (0..<output).map { place in
      let centre = max((Float(place) + 0.5) * Float(input) / Float(output) - 0.5, 0)
      let first = min(Int(centre), input - 1)
      return (first, min(first + 1, input - 1), centre - Float(first))
    }
  }
  let columns = places(to.width, from.width)
  var target = [Float](repeating: 0, count: to.area)
  for (y, row) in places(to.height, from.height).enumerated() {
    for (x, column) in columns.enumerated() {
      func mix(_ line: Int) -> Float {
        let (left, right) = (source[line * from.width + column.0], source[line * from.width + column.1])
        return left + (right - left) * column.2
      }
      let upper = mix(row.0)
      target[y * to.width + x] = upper + (mix(row.1) - upper) * row.2
    }
  }
  return target
}
