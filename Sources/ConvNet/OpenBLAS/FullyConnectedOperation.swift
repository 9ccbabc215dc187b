import Kernels

/// Fully connected layer: one GEMM over all pictures per thread, each for a slice of the outputs.
final class FullyConnectedOperation: Operation {
  private let parameters: WeightsAndBiases
  private let input: Tensor
  private let output: Tensor
  private let relu: Bool
  private let team: ThreadTeam
  private let computesParameterGradients: Bool

  init(_ parameters: WeightsAndBiases, input: Tensor, output: Tensor, relu: Bool, purpose: Purpose, team: ThreadTeam) {
    self.parameters = parameters
    self.input = input
    self.output = output
    self.relu = relu
    self.team = team
    computesParameterGradients = purpose.trains
  }

  func forward(count: Int, dropout: DropoutStream?) {
    let inputs = input.shape.count
    let outputs = output.shape.count
    let x = Matrix(input.storage.pointer, count, inputs)
    team.split(outputs, grain: 16) { [parameters, output, relu] _, range in
      let weights = Matrix(parameters.weights + range.lowerBound * inputs, range.count, inputs)
      let y = output.storage.pointer + range.lowerBound
      multiply(x, weights.transpose, into: y, stride: outputs)
      kernels_bias_rows(y, parameters.biases + range.lowerBound, count, range.count, outputs, relu ? 1 : 0)
    }
  }

  func backward(count: Int, from above: Tensor, to below: Tensor?, rule: ReLURule) {
    let inputs = input.shape.count
    let outputs = output.shape.count
    if relu {
      team.split(count * outputs, grain: 1024) { [output] _, range in
        let at = range.lowerBound
        kernels_relu_gate(above.storage.pointer + at, output.storage.pointer + at, range.count, rule.gates)
      }
    }
    if computesParameterGradients {
      let x = Matrix(input.storage.pointer, count, inputs)
      team.split(outputs, grain: 16) { [parameters] _, range in
        let signal = above.storage.pointer
        let dy = Matrix(signal + range.lowerBound, count, range.count, stride: outputs)
        multiply(dy.transpose, x, into: parameters.weightGradients + range.lowerBound * inputs)
        let sums = parameters.biasGradients + range.lowerBound
        sums.update(from: signal + range.lowerBound, count: range.count)
        for n in 1..<max(count, 1) { kernels_add(sums, signal + n * outputs + range.lowerBound, range.count) }
      }
    }
    if let below {
      let dy = Matrix(above.storage.pointer, count, outputs)
      team.split(inputs, grain: 16) { [parameters] _, range in
        let weights = Matrix(parameters.weights + range.lowerBound, outputs, range.count, stride: inputs)
        multiply(dy, weights, into: below.storage.pointer + range.lowerBound, stride: inputs)
      }
    }
  }
}
