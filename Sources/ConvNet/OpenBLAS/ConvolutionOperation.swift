import Kernels
import Sizes

/// Convolution as one GEMM per picture over its im2col columns. Each thread computes whole pictures.
final class ConvolutionOperation: Operation {
  let place: OperationPlace
  private let parameters: WeightsAndBiases
  private let window: kernels_window
  private let filters: Int
  /// Values per column: C · kernel².
  private let fanIn: Int
  /// Per worker: the columns `[fanIn, area]`, and the sums of its pictures' weight and bias gradients.
  private let columns: [FlatBuffer]
  private let weightSums: [FlatBuffer]
  private let biasSums: [FlatBuffer]

  init(_ layer: Convolution, _ place: OperationPlace) throws(MemoryError) {
    self.place = place
    parameters = WeightsAndBiases(place)
    window = kernels_window(place.step, kernel: layer.kernel, stride: layer.stride, padding: layer.padding)
    filters = layer.filters
    fanIn = place.step.input.channels * layer.kernel * layer.kernel
    columns = try place.buffers(CheckedSize.product(fanIn, place.step.output.area))
    weightSums = try place.buffers(place.purpose.trains ? parameters.weightCount : 0)
    biasSums = try place.buffers(filters)
  }

  func forward(count: Int, dropout: DropoutStream?) {
    let area = place.step.output.area
    let weights = Matrix(parameters.weights, filters, fanIn)
    place.team.split(count) { [place, parameters, columns, window, filters, fanIn] worker, pictures in
      let columns = columns[worker].pointer
      for n in pictures {
        let y = place.output[n].baseAddress!
        kernels_im2col(columns, place.input[n].baseAddress!, window)
        multiply(weights, Matrix(columns, fanIn, area), into: y)
        kernels_bias(y, parameters.biases, filters, area, place.step.computesReLU ? 1 : 0)
      }
    }
  }

  func backward(count: Int, from above: Tensor, to below: Tensor?, rule: ReLURule) {
    let area = place.step.output.area
    let weights = Matrix(parameters.weights, filters, fanIn)
    place.team.split(count) { [place, columns, weightSums, biasSums, window, filters, fanIn] worker, pictures in
      let columns = columns[worker].pointer
      for n in pictures {
        let signal = above[n].baseAddress!
        let dy = Matrix(signal, filters, area)
        if place.purpose.trains {
          let first = n == pictures.lowerBound
          kernels_im2col(columns, place.input[n].baseAddress!, window)
          multiply(dy, Matrix(columns, fanIn, area).transpose, into: weightSums[worker].pointer, accumulate: !first)
          kernels_row_sums(biasSums[worker].pointer, signal, filters, area, first ? 0 : 1)
        }
        if let below {
          multiply(weights.transpose, dy, into: columns)
          kernels_col2im(below[n].baseAddress!, columns, window)
        }
      }
    }
    if place.purpose.trains {
      add(weightSums, pictures: count, into: parameters.weightGradients, count: parameters.weightCount)
      add(biasSums, pictures: count, into: parameters.biasGradients, count: filters)
    }
  }

  /// Adds the sums up in the order of the workers, whichever thread computes. Workers without a picture are left out: their sums
  /// are from an earlier pass.
  private func add(_ sums: [FlatBuffer], pictures: Int, into total: UnsafeMutablePointer<Float>, count: Int) {
    let total = SharedPointer(total)
    place.team.split(count, grain: 1024) { [workers = place.team.workers] _, range in
      let at = range.lowerBound
      var isFirst = true
      for worker in 0..<workers where pictures * worker / workers < pictures * (worker + 1) / workers {
        let sum = sums[worker].pointer + at
        if isFirst {
          (total.pointer + at).update(from: sum, count: range.count)
        } else {
          kernels_add(total.pointer + at, sum, range.count)
        }
        isFirst = false
      }
    }
  }
}

extension kernels_window {
  init(_ step: LayerStep, kernel: Int, stride: Int, padding: Int) {
    self.init(
      channels: Int32(step.input.channels), height: Int32(step.input.height), width: Int32(step.input.width),
      kernel: Int32(kernel), stride: Int32(stride), padding: Int32(padding), output_height: Int32(step.output.height),
      output_width: Int32(step.output.width))
  }
}
