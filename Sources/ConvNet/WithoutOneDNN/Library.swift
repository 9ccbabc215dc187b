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
  func backward(from layer: Int, gradient: Tensor, rule: ReLURule, ready: (Range<Int>) throws -> Void) {}
  func prepareBackward(from layer: Int) throws {}
  func gradient(at layer: Int, from top: Int, gradient: Tensor, rule: ReLURule) throws -> Tensor { gradient }
  func activation(of layer: Int) throws -> Tensor { inputGradient }
}
