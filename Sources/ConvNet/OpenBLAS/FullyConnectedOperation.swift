import Kernels

/// Fully connected layer: one GEMM over all pictures per thread, each for a slice of the outputs.
final class FullyConnectedOperation: Operation {
  let place: OperationPlace
  private let parameters: WeightsAndBiases

  init(_ place: OperationPlace) {
    self.place = place
    parameters = WeightsAndBiases(place)
  }

  func forward(count: Int, dropout: DropoutStream?) {
    let (inputs, outputs) = (place.step.input.count, place.step.output.count)
    let x = Matrix(place.input.storage.pointer, count, inputs)
    place.team.split(outputs, grain: 16) { [place, parameters] _, range in
      let weights = Matrix(parameters.weights + range.lowerBound * inputs, range.count, inputs)
      let y = place.output.storage.pointer + range.lowerBound
      multiply(x, weights.transpose, into: y, stride: outputs)
      kernels_bias_rows(y, parameters.biases + range.lowerBound, count, range.count, outputs, place.step.computesReLU ? 1 : 0)
    }
  }

  func backward(count: Int, from above: Tensor, to below: Tensor?, rule: ReLURule) {
    let (inputs, outputs) = (place.step.input.count, place.step.output.count)
    if place.purpose.trains {
      let x = Matrix(place.input.storage.pointer, count, inputs)
      place.team.split(outputs, grain: 16) { [parameters] _, range in
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
      place.team.split(inputs, grain: 16) { [parameters] _, range in
        let weights = Matrix(parameters.weights + range.lowerBound, outputs, range.count, stride: inputs)
        multiply(dy, weights, into: below.storage.pointer + range.lowerBound, stride: inputs)
      }
    }
  }
}
