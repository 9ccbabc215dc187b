import ConvNet
import Kernels

extension FlatBuffer {
  /// ‖x‖₂² of a range, summed in double precision; the same bits for any team. Not finite if a value isn't.
  package func sumOfSquares(_ range: Range<Int>, team: ThreadTeam) -> Double {
    // Blocks have a fixed length and are added in order: the result must not depend on the number of threads.
    let block = 1 << 16
    let blocks = (range.count + block - 1) / block
    return withUnsafeTemporaryAllocation(of: Double.self, capacity: max(blocks, 1)) { sums in
      let target = SharedPointer(sums.baseAddress!)
      team.split(blocks) { _, numbers in
        for number in numbers {
          let start = range.lowerBound + number * block
          target.pointer[number] = kernels_sum_of_squares(self.pointer + start, min(block, range.upperBound - start))
        }
      }
      return (0..<blocks).reduce(0.0) { $0 + sums[$1] }
    }
  }
}
