import Foundation
import Sizes

/// The floating-point operations per second of a float32 GEMM that fits the caches, on all workers of a team at once. It is the
/// best of several tries, because other load on the machine can only slow it down.
public func measuredPeak(team: ThreadTeam) throws(MemoryError) -> Double {
  let side = 1024
  let (a, b) = (try FlatBuffer(count: side * side), try FlatBuffer(count: side * side))
  a.fill(with: 1)
  b.fill(with: 0.5)
  let outputs = try (0..<team.workers).map { _ throws(MemoryError) in try FlatBuffer(count: side * side) }
  var best = 0.0
  for _ in 0..<8 {
    let start = ContinuousClock.now
    team.run { worker in
      multiply(Matrix(a.pointer, side, side), Matrix(b.pointer, side, side), into: outputs[worker].pointer)
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    best = max(best, 2 * Double(side * side * side * team.workers) / seconds)
  }
  return best
}
