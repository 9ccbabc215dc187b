import Kernels
import Sizes

/// Convolution as one GEMM per picture over its im2col columns. Each thread computes whole pictures.
final class ConvolutionOperation: Operation {
  private let parameters: WeightsAndBiases
  private let input: Tensor
  private let output: Tensor
  private let relu: Bool
  private let team: ThreadTeam
  private let computesParameterGradients: Bool
  private let window: kernels_window
  private let filters: Int
  /// Values per column: C · kernel².
  private let fanIn: Int
  /// Per worker: the columns `[fanIn, area]`, and the sums of its pictures' weight and bias gradients.
  private let columns: [FlatBuffer]
  private let weightSums: [FlatBuffer]
  private let biasSums: [FlatBuffer]

  init(
    _ layer: Convolution, _ parameters: WeightsAndBiases, input: Tensor, output: Tensor, relu: Bool, purpose: Purpose,
    team: ThreadTeam
  ) throws(MemoryError) {
    self.parameters = parameters
    self.input = input
    self.output = output
    self.relu = relu
    self.team = team
    computesParameterGradients = purpose.trains
    window = kernels_window(
      input: input.shape, output: output.shape, kernel: layer.kernel, stride: layer.stride, padding: layer.padding)
    filters = layer.filters
    fanIn = input.shape.channels * layer.kernel * layer.kernel
    let columnCount = CheckedSize.product(fanIn, output.shape.area)
    let weightCount = purpose.trains ? parameters.weightCount : 0
    let filters = layer.filters
    columns = try (0..<team.workers).map { _ throws(MemoryError) in try FlatBuffer(count: columnCount) }
    weightSums = try (0..<team.workers).map { _ throws(MemoryError) in try FlatBuffer(count: weightCount) }
    biasSums = try (0..<team.workers).map { _ throws(MemoryError) in try FlatBuffer(count: filters) }
  }

  func forward(count: Int, dropout: DropoutStream?) {
    let area = output.shape.area
    let weights = Matrix(parameters.weights, filters, fanIn)
    team.split(count) { [parameters, input, output, columns, window, filters, fanIn, relu] worker, pictures in
      let columns = columns[worker].pointer
      for n in pictures {
        let y = output[n].baseAddress!
        kernels_im2col(columns, input[n].baseAddress!, window)
        multiply(weights, Matrix(columns, fanIn, area), into: y)
        kernels_bias(y, parameters.biases, filters, area, relu ? 1 : 0)
      }
    }
  }

  func backward(count: Int, from above: Tensor, to below: Tensor?, rule: ReLURule) {
    let area = output.shape.area
    let weights = Matrix(parameters.weights, filters, fanIn)
    team.split(count) {
      [input, output, columns, weightSums, biasSums, window, filters, fanIn, relu, computesParameterGradients] worker, pictures in
      let columns = columns[worker].pointer
      for n in pictures {
        let signal = above[n].baseAddress!
        if relu { kernels_relu_gate(signal, output[n].baseAddress!, output.shape.count, rule.gates) }
        let dy = Matrix(signal, filters, area)
        if computesParameterGradients {
          let first = n == pictures.lowerBound
          kernels_im2col(columns, input[n].baseAddress!, window)
          multiply(dy, Matrix(columns, fanIn, area).transpose, into: weightSums[worker].pointer, accumulate: !first)
          kernels_row_sums(biasSums[worker].pointer, signal, filters, area, first ? 0 : 1)
        }
        if let below {
          multiply(weights.transpose, dy, into: columns)
          kernels_col2im(below[n].baseAddress!, columns, window)
        }
      }
    }
    if computesParameterGradients {
      add(weightSums, pictures: count, into: parameters.weightGradients, count: parameters.weightCount)
      add(biasSums, pictures: count, into: parameters.biasGradients, count: filters)
    }
  }

  /// Adds the sums up in the order of the workers, whichever thread computes. Workers without a picture are left out: their sums
  /// are from an earlier pass.
  private func add(_ sums: [FlatBuffer], pictures: Int, into total: UnsafeMutablePointer<Float>, count: Int) {
    let total = SharedPointer(total)
    team.split(count, grain: 1024) { [workers = team.workers] _, range in
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
  init(input: Shape, output: Shape, kernel: Int, stride: Int, padding: Int) {
    self.init(
      channels: Int32(input.channels), height: Int32(input.height), width: Int32(input.width), kernel: Int32(kernel),
      stride: Int32(stride), padding: Int32(padding), output_height: Int32(output.height), output_width: Int32(output.width))
  }
}

extension ReLURule {
  /// The constant that `kernels_relu_gate` takes for this rule.
  var gates: Int32 {
    switch self {
    case .gradient: Int32(KERNELS_GATE_FORWARD.rawValue)
    case .deconvnet: Int32(KERNELS_GATE_BACKWARD.rawValue)
    case .guided: Int32(KERNELS_GATE_FORWARD.rawValue | KERNELS_GATE_BACKWARD.rawValue)
    }
  }
}
