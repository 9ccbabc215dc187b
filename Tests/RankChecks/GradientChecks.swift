import Cluster
import Foundation

/// The gradient reducer.
let gradientChecks = [
  RankCheck("reducer", checkReducer), RankCheck("reducer-tree", checkTree), RankCheck("reducer-rounding", checkRounding),
  RankCheck("reducer-fails", checkFailure), RankCheck("reducer-rate", measureReducer), RankCheck("shares", checkShares),
]

private func reduction(_ name: String?) throws -> GradientReduction {
  switch name {
  case nil, "float32": .float32
  case "bfloat16": .bfloat16
  case "ring": .ring
  case "tree": .tree
  default: throw CheckFailure(description: "no reduction \(name!)")
  }
}

private func withGradients(_ count: Int, _ body: (UnsafeMutableBufferPointer<Float>) throws -> Void) rethrows {
  let gradients = UnsafeMutableBufferPointer<Float>.allocate(capacity: count)
  defer { gradients.deallocate() }
  gradients.initialize(repeating: 0)
  try body(gradients)
}

/// A number of irregular bits in −1 ..< 1.
private func irregular(_ index: Int, _ rank: Int) -> Float {
  let mixed = (UInt32(truncatingIfNeeded: index) &* 2_654_435_761) ^ (UInt32(rank + 1) &* 2_246_822_519)
  return Float(Int32(bitPattern: mixed &* 3_266_489_917)) / 2_147_483_648
}

/// All ranks hold the same bits.
private func expectSameBits(_ gradients: UnsafeMutableBufferPointer<Float>, _ communicator: Communicator) throws {
  let digest = gradients.reduce(UInt64(14_695_981_039_346_656_037)) { ($0 ^ UInt64($1.bitPattern)) &* 1_099_511_628_211 }
  let all = try communicator.allGather("\(digest)")
  try expect(Set(all).count == 1, "the ranks' sums differ: \(all)")
}

/// `reducer [REDUCTION]`: three steps over ranges of different length, from the end to the start as a backward pass makes them;
/// the middle one is left out.
private func checkReducer(_ communicator: Communicator, _ arguments: [String]) throws {
  let boundaries = [0, 1, 1000, 1000, 1_100_003, 2_500_001]
  try withGradients(boundaries.last!) { gradients in
    let reducer = try GradientReducer(gradients, communicator: communicator, reduction: try reduction(arguments.first))
    for step in 0..<3 {
      // Small whole numbers, whose sums are exact in bfloat16 too.
      func own(_ index: Int, _ rank: Int) -> Float { Float((index &* 5 &+ rank &* 17 &+ step) % 61) }
      for index in gradients.indices { gradients[index] = own(index, communicator.rank) }
      for range in (0..<5).reversed() where range != 1 { reducer.start(boundaries[range]..<boundaries[range + 1]) }
      try reducer.finish()
      for index in gradients.indices {
        let isLeftOut = (1..<1000).contains(index)
        let expected =
          isLeftOut ? own(index, communicator.rank) : (0..<communicator.size).reduce(Float(0)) { $0 + own(index, $1) }
        try expectEqual(gradients[index], expected, "step \(step), gradient \(index)")
      }
    }
    try expect(communicator.size == 1 ? reducer.waitSeconds == 0 : reducer.waitSeconds > 0, "\(reducer.waitSeconds) s")
  }
}

/// Each rank sums its share alone, and hands it to the others, who see each value arrive once.
private func checkShares(_ communicator: Communicator, _ arguments: [String]) throws {
  let exchange = try SharedMemoryExchange(communicator)
  for count in [0, 1, 5, 1000, 2_500_001] {
    let shares = (0..<communicator.size).map { exchange.share(of: count, rank: $0) }
    try expectEqual(shares.flatMap { $0 }, Array(0..<count), "the shares of \(count) values")
    let own = shares[communicator.rank]
    func term(_ index: Int, _ rank: Int) -> Float { Float((index &* 5 &+ rank &* 17) % 61) }
    func sum(_ index: Int) -> Float { (0..<communicator.size).reduce(0) { $0 + term(index, $1) } }
    try withGradients(count) { values in
      for index in values.indices { values[index] = term(index, communicator.rank) }
      try exchange.reduceScatter(values)
      for index in values.indices {
        try expectEqual(
          values[index], own.contains(index) ? sum(index) : term(index, communicator.rank), "of \(count), value \(index)")
      }
      var received = [Int](repeating: 0, count: count)
      try exchange.allGather(values) { range in
        for index in range { received[index] += values[index] == sum(index) ? 1 : 0 }
      }
      for index in values.indices {
        try expectEqual(values[index], sum(index), "of \(count), gathered value \(index)")
        try expectEqual(received[index], own.contains(index) ? 0 : 1, "of \(count), arrivals of value \(index)")
      }
    }
  }
}

/// The sum has the bits of the binary tree's, which differ from those of other orders.
private func checkTree(_ communicator: Communicator, _ arguments: [String]) throws {
  try withGradients(1_100_003) { gradients in
    let reducer = try GradientReducer(gradients, communicator: communicator, reduction: .tree)
    for index in gradients.indices { gradients[index] = irregular(index, communicator.rank) }
    reducer.start(gradients.indices)
    try reducer.finish()
    func tree(_ index: Int, _ ranks: Range<Int>) -> Float {
      if ranks.count == 1 { return irregular(index, ranks.lowerBound) }
      let middle = (ranks.lowerBound + ranks.upperBound) / 2
      return tree(index, ranks.lowerBound..<middle) + tree(index, middle..<ranks.upperBound)
    }
    for index in gradients.indices {
      try expectEqual(gradients[index].bitPattern, tree(index, 0..<communicator.size).bitPattern, "bits of gradient \(index)")
    }
  }
}

/// `reducer-rounding REDUCTION`: the sum is right to the reduction's precision, and has the same bits on all ranks.
private func checkRounding(_ communicator: Communicator, _ arguments: [String]) throws {
  let reduction = try reduction(arguments.first)
  try withGradients(1_050_001) { gradients in
    let reducer = try GradientReducer(gradients, communicator: communicator, reduction: reduction)
    for index in gradients.indices { gradients[index] = irregular(index, communicator.rank) }
    reducer.start(gradients.indices)
    try reducer.finish()
    // Half a unit in the last place for each rounding: of every contribution, of the sum, and for float32 of each addition.
    let precision: Float = reduction == .bfloat16 ? 0x1p-8 : 0x1p-24
    for index in gradients.indices {
      let values = (0..<communicator.size).map { irregular(index, $0) }
      let sum = Float(values.reduce(0) { $0 + Double($1) })
      let magnitude = values.reduce(0) { $0 + abs($1) }
      let bound = precision * (reduction == .bfloat16 ? 1.01 * magnitude + 1.01 * abs(sum) : Float(communicator.size) * magnitude)
      try expect(abs(gradients[index] - sum) <= bound, "gradient \(index): \(gradients[index]), expected \(sum) ± \(bound)")
    }
    try expectSameBits(gradients, communicator)
  }
}

/// An error of the communication thread comes out of `finish`: the ranks disagree on the length of a range.
private func checkFailure(_ communicator: Communicator, _ arguments: [String]) throws {
  try withGradients(3000) { gradients in
    let reducer = try GradientReducer(gradients, communicator: communicator, reduction: .tree)
    reducer.start(0..<(communicator.rank == 0 ? 3000 : 1000))
    try reducer.finish()
    sleep(60)
  }
}

/// Not a test but a measurement: seconds to sum 243 MB. `reducer-rate [REDUCTION]`
private func measureReducer(_ communicator: Communicator, _ arguments: [String]) throws {
  try withGradients(60_750_000) { gradients in
    let reducer = try GradientReducer(gradients, communicator: communicator, reduction: try reduction(arguments.first))
    for _ in 0..<5 {
      try communicator.barrier()
      let before = reducer.waitSeconds
      reducer.start(gradients.indices)
      try reducer.finish()
      if communicator.rank == 0 { print("\(reducer.waitSeconds - before) s for 243 MB") }
    }
  }
}
