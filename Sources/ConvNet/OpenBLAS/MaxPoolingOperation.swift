import Kernels
import Sizes

/// Max pooling, which keeps its switches: where each maximum came from.
final class MaxPoolingOperation: Operation {
  private let input: Tensor
  private let output: Tensor
  private let team: ThreadTeam
  private let window: kernels_window
  /// For each output, `[N, C, H, W]`: the index of the maximum in its input plane.
  private var switches: [Int32]

  init(_ layer: MaxPooling, input: Tensor, output: Tensor, team: ThreadTeam) throws(MemoryError) {
    self.input = input
    self.output = output
    self.team = team
    window = kernels_window(input: input.shape, output: output.shape, kernel: layer.window, stride: layer.stride, padding: 0)
    try MemoryBudget.process.require(
      CheckedSize.product(output.count, output.shape.count, 4), .batch, for: "the places of the maxima")
    switches = Array(repeating: 0, count: output.count * output.shape.count)
  }

  func forward(count: Int, dropout: DropoutStream?) {
    switches.withUnsafeMutableBufferPointer { switches in
      let switches = SharedPointer(switches.baseAddress!)
      team.split(count) { [input, output, window] _, pictures in
        for n in pictures {
          kernels_max_pool(
            output[n].baseAddress!, switches.pointer + n * output.shape.count, input[n].baseAddress!, window)
        }
      }
    }
  }

  func backward(count: Int, from above: Tensor, to below: Tensor?, rule: ReLURule) {
    guard let below else { return }
    switches.withUnsafeMutableBufferPointer { switches in
      let switches = SharedPointer(switches.baseAddress!)
      team.split(count) { [output, window] _, pictures in
        for n in pictures {
          kernels_max_pool_backward(
            below[n].baseAddress!, above[n].baseAddress!, switches.pointer + n * output.shape.count, window)
        }
      }
    }
  }
}
