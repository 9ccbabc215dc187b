/// One network compiled by one backend, step by step. How the gradients go through the steps is the same for all backends.
protocol Executor: AnyObject {
  var description: String { get }
  var timesLayers: Bool { get set }
  var layerTimes: [LayerTime] { get }
  var steps: [LayerStep] { get }
  func forward(_ images: Tensor, dropout: DropoutStream?) -> Tensor
  /// Makes what a backward pass from the output of a step needs, so that the pass itself can't fail.
  func prepareBackward(from step: Int) throws
  /// Takes in the gradient with respect to the output of a step, for as many pictures as the gradient has.
  func begin(at step: Int, with gradient: Tensor)
  /// Computes the gradients with respect to a step's parameters and input from that of its output.
  func descend(through step: Int, pictures: Int, rule: ReLURule)
  /// Copies the gradient below the lowest step into `inputGradient`.
  func finish(pictures: Int)
  var inputGradient: Tensor { get }
  /// The gradient with respect to a step's output, after a backward pass down to it, for `batch` pictures.
  func gradient(above step: Int) throws -> Tensor
  /// The output of a step, for `batch` pictures.
  func activation(of step: Int) throws -> Tensor
}

extension Executor {
  /// The step that computes a layer.
  func step(of layer: Int) -> Int { steps.firstIndex { $0.layers.contains(layer) } ?? steps.count - 1 }

  /// Makes the whole backward pass from the output of a layer.
  func backward(from layer: Int, gradient: Tensor, rule: ReLURule, ready: (Range<Int>) throws -> Void) rethrows {
    try descend(from: step(of: layer), to: 0, gradient: gradient, rule: rule, ready: ready)
    finish(pictures: gradient.count)
  }

  /// The gradient at the activations of a layer at or below `top`, for `batch` pictures. The backward pass ends there.
  func gradient(at layer: Int, from top: Int, gradient: Tensor, rule: ReLURule) throws -> Tensor {
    let (start, lowest) = (step(of: top), step(of: layer))
    try prepareBackward(from: start)
    descend(from: start, to: lowest + 1, gradient: gradient, rule: rule) { _ in }
    return try self.gradient(above: lowest)
  }

  /// Makes the backward pass from the output of the step `start` through the step `lowest`.
  private func descend(
    from start: Int, to lowest: Int, gradient: Tensor, rule: ReLURule, ready: (Range<Int>) throws -> Void
  ) rethrows {
    guard steps[start].hasGradient else { return }
    begin(at: start, with: gradient)
    for index in stride(from: start, through: lowest, by: -1) where steps[index].hasGradient {
      descend(through: index, pictures: gradient.count, rule: rule)
      if !steps[index].gradients.isEmpty { try ready(steps[index].gradients) }
    }
  }
}
