import Cluster
import Foundation

/// The gradient reducer.
let gradientChecks = [RankCheck("reducer", checkReducer), RankCheck("reducer-rate", measureReducer)]

/// Three steps over ranges of different length, from the end to the start as a backward pass makes them; the middle one is left out.
private func checkReducer(_ communicator: Communicator, _ arguments: [String]) throws {
  let boundaries = [0, 1, 1000, 1000, 1_100_003, 2_500_001]
  let gradients = UnsafeMutableBufferPointer<Float>.allocate(capacity: boundaries.last!)
  defer { gradients.deallocate() }
  let reducer = try GradientReducer(gradients, communicator: communicator)
  for step in 0..<3 {
    func own(_ index: Int, _ rank: Int) -> Float { Float((index &* 5 &+ rank &* 17 &+ step) % 97) }
    for index in gradients.indices { gradients[index] = own(index, communicator.rank) }
    for range in (0..<5).reversed() where range != 1 { try reducer.start(boundaries[range]..<boundaries[range + 1]) }
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

/// Not a test but a measurement: seconds to sum 243 MB.
private func measureReducer(_ communicator: Communicator, _ arguments: [String]) throws {
  let gradients = UnsafeMutableBufferPointer<Float>.allocate(capacity: 60_750_000)
  defer { gradients.deallocate() }
  gradients.initialize(repeating: 1)
  let reducer = try GradientReducer(gradients, communicator: communicator)
  for _ in 0..<5 {
    try communicator.barrier()
    let before = reducer.waitSeconds
    try reducer.start(gradients.indices)
    try reducer.finish()
    if communicator.rank == 0 { print("\(reducer.waitSeconds - before) s for 243 MB") }
  }
}
