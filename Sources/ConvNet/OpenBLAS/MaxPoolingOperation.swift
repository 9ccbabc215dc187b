import Kernels
import Sizes

/// Max pooling, which keeps its switches: where each maximum came from.
final class MaxPoolingOperation: Operation {
  let place: OperationPlace
  private let window: kernels_window
  /// For each output, `[N, C, H, W]`: the index of the maximum in its input plane.
  private var switches: [Int32]

  init(_ layer: MaxPooling, _ place: OperationPlace) throws(MemoryError) {
    self.place = place
    window = kernels_window(place.step, kernel: layer.window, stride: layer.stride, padding: 0)
    let (pictures, values) = (place.output.count, place.step.output.count)
    try MemoryBudget.process.require(CheckedSize.product(pictures, values, 4), .batch, for: "the places of the maxima")
    switches = Array(repeating: 0, count: pictures * values)
  }

  func forward(count: Int, dropout: DropoutStream?) {
    switches.withUnsafeMutableBufferPointer { switches in
      let switches = SharedPointer(switches.baseAddress!)
      place.team.split(count) { [place, window] _, pictures in
        for n in pictures {
          kernels_max_pool(
            place.output[n].baseAddress!, switches.pointer + n * place.output.shape.count, place.input[n].baseAddress!, window)
        }
      }
    }
  }

  func backward(count: Int, from above: Tensor, to below: Tensor?, rule: ReLURule) {
    guard let below else { return }
    switches.withUnsafeMutableBufferPointer { switches in
      let switches = SharedPointer(switches.baseAddress!)
      place.team.split(count) { [place, window] _, pictures in
        for n in pictures {
          kernels_max_pool_backward(
            below[n].baseAddress!, above[n].baseAddress!, switches.pointer + n * place.output.shape.count, window)
        }
      }
    }
  }
}
