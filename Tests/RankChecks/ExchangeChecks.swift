import Cluster

/// Matrices that ranks have blocks of.
let exchangeChecks = [RankCheck("matrix-exchange", checkMatrixExchange), RankCheck("move", checkMove)]

/// `matrix-exchange rows|columns float32|bfloat16 SIZE`: a side of SIZE dealt out, some ranks with more and some with nothing.
private func checkMatrixExchange(_ communicator: Communicator, _ arguments: [String]) throws {
  let side: MatrixCut.Side = arguments[0] == "rows" ? .rows : .columns
  let wire: MatrixExchange.Wire = arguments[1] == "float32" ? .float32 : .bfloat16
  let size = Int(arguments[2]) ?? 0
  let (rows, columns) = side == .rows ? (size, 37) : (5, size)
  let ranks = communicator.size
  // Rank 1 has nothing of the rows, as when a batch is small.
  var ends = (0...ranks).map { $0 * size / ranks }
  if side == .rows, ranks > 1 { ends[2] = ends[1] }
  ends[ranks] = size
  let parts = (0..<ranks).map { ends[$0]..<ends[$0 + 1] }
  let cut = MatrixCut(side, of: rows, by: columns, parts: parts)
  let own = parts[communicator.rank]
  // Small whole numbers: sums are exact in bfloat16 too.
  func value(_ row: Int, _ column: Int) -> Float { Float((row * 7 + column * 3) % 31 - 15) }
  let all = UnsafeMutablePointer<Float>.allocate(capacity: rows * columns)
  let block = UnsafeMutablePointer<Float>.allocate(capacity: rows * columns)
  defer {
    all.deallocate()
    block.deallocate()
  }
  func places() -> [(row: Int, column: Int)] {
    (side == .rows ? own : 0..<rows).flatMap { row in (side == .rows ? 0..<columns : own).map { (row, $0) } }
  }
  let exchange = MatrixExchange(communicator, capacity: max(rows, ranks) * columns)
  for _ in 0..<2 {
    for (index, place) in places().enumerated() { block[index] = value(place.row, place.column) }
    all.initialize(repeating: .nan, count: rows * columns)
    try exchange.gather(block, into: all, cut, wire: wire)
    for row in 0..<rows {
      for column in 0..<columns {
        try expectEqual(all[row * columns + column], value(row, column), "gathered, row \(row), column \(column)")
      }
    }
    for index in 0..<(rows * columns) { all[index] *= Float(communicator.rank + 1) }
    block.initialize(repeating: .nan, count: rows * columns)
    try exchange.scatterSum(all, into: block, cut, wire: wire)
    let factor = Float(ranks * (ranks + 1) / 2)
    for (index, place) in places().enumerated() {
      try expectEqual(block[index], factor * value(place.row, place.column), "summed, row \(place.row), column \(place.column)")
    }
  }
  try expect(exchange.seconds > 0, "\(exchange.seconds) s")
}

/// `move COUNT`: from the last rank to the first, nobody else's buffer changes.
private func checkMove(_ communicator: Communicator, _ arguments: [String]) throws {
  let count = arguments.first.flatMap { Int($0) } ?? 5
  let last = communicator.size - 1
  let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: count)
  defer { buffer.deallocate() }
  for index in buffer.indices { buffer[index] = Float(index + communicator.rank) }
  try communicator.move(buffer, from: last, to: 0)
  let owner = communicator.rank == 0 ? last : communicator.rank
  for index in buffer.indices { try expectEqual(buffer[index], Float(index + owner), "value \(index)") }
}
