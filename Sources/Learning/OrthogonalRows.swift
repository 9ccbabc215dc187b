import ConvNet

/// Makes the rows of a matrix orthonormal, or its columns where there are more rows than columns: blocks of rows are made orthogonal to
/// all rows before them by matrix products, twice, and then among themselves by Gram and Schmidt's method. Each row keeps to what it adds
/// to the space of those before it, so that random rows give a random orthonormal basis.
///
/// Source: Saxe, McClelland and Ganguli, *Exact solutions to the nonlinear dynamics of learning in deep linear neural networks*, 2014.
enum OrthogonalRows {
  /// Rows of a block. Among themselves they are made orthogonal one by one.
  static let block = 16

  /// - Parameter values: `[rows, columns]`, overwritten.
  static func make(_ values: UnsafeMutableBufferPointer<Float>, rows: Int, columns: Int) {
    if rows <= columns { return makeRows(values, rows: rows, columns: columns) }
    var transposed = [Float](repeating: 0, count: values.count)
    for row in 0..<rows { for column in 0..<columns { transposed[column * rows + row] = values[row * columns + column] } }
    transposed.withUnsafeMutableBufferPointer { makeRows($0, rows: columns, columns: rows) }
    for row in 0..<rows { for column in 0..<columns { values[row * columns + column] = transposed[column * rows + row] } }
  }

  private static func makeRows(_ values: UnsafeMutableBufferPointer<Float>, rows: Int, columns: Int) {
    guard let all = values.baseAddress, rows > 0, columns > 0 else { return }
    var products = [Float](repeating: 0, count: block * rows)
    for first in stride(from: 0, to: rows, by: block) {
      let count = min(block, rows - first)
      let own = all + first * columns
      for _ in 0..<2 {
        if first > 0 {
          let earlier = Matrix(all, first, columns)
          products.withUnsafeMutableBufferPointer { products in
            guard let out = products.baseAddress else { return }
            multiply(Matrix(own, count, columns), earlier.transpose, into: out)
            // Their negatives: the product is added.
            for index in 0..<(count * first) { out[index] = -out[index] }
            multiply(Matrix(out, count, first), earlier, into: own, accumulate: true)
          }
        }
        for row in 0..<count { makeRow(row, of: own, columns: columns) }
      }
    }
  }

  /// Makes a row of a block orthogonal to those before it, and of length 1.
  private static func makeRow(_ row: Int, of block: UnsafeMutablePointer<Float>, columns: Int) {
    let own = block + row * columns
    func product(_ other: UnsafeMutablePointer<Float>) -> Double {
      var sum = 0.0
      for index in 0..<columns { sum += Double(own[index]) * Double(other[index]) }
      return sum
    }
    for earlier in 0..<row {
      let other = block + earlier * columns
      let share = Float(product(other))
      for index in 0..<columns { own[index] -= share * other[index] }
    }
    let length = product(own).squareRoot()
    guard length > 0 else { return }
    let scale = Float(1 / length)
    for index in 0..<columns { own[index] *= scale }
  }
}
