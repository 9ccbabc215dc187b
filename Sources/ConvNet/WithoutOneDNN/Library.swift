/// A stand-in for the folder OneDNN if the package was built without oneDNN's headers.
enum OneDNN {
  static let obstacle: String? = "the program was built without it"
  static var hasAVX2: Bool { false }
  static var hasAVX512: Bool { false }
  static var hasBFloat16: Bool { false }
  static var instructionSet: String { ProcessorInstructions.name }
}

/// Never created, because `BackendChoice.obstacle(to:)` is asked first.
final class OneDNNExecutor: Executor {
  let description = ""
  let steps: [LayerStep] = []
  let inputGradient: Tensor
  var timesLayers = false
  let layerTimes: [LayerTime] = []

  init(
    _ parameters: ParameterStore, batch: Int, purpose: Purpose, precision: Precision, convolution: ConvolutionAlgorithm,
    team: ThreadTeam
  ) throws {
    throw BackendError(OneDNN.obstacle ?? "")
  }

  func forward(_ images: Tensor, dropout: DropoutStream?) -> Tensor { images }
  func prepareBackward(from step: Int) {}
  func begin(at step: Int, with gradient: Tensor) {}
  func descend(through step: Int, pictures: Int, rule: ReLURule) {}
  func finish(pictures: Int) {}
  func gradient(above step: Int) -> Tensor { inputGradient }
  func activation(of step: Int) -> Tensor { inputGradient }
}
