import COpenBLAS
import Sizes

/// A backend of im2col and GEMM on plain layouts in float32. It runs on any processor, and other backends are tested against it.
///
/// In convolutions each thread computes whole pictures, with a single-threaded OpenBLAS inside; in fully connected layers each
/// thread computes a slice of the outputs. ReLU and dropout work in place.
final class OpenBLASExecutor: Executor {
  private let purpose: Purpose
  private let team: ThreadTeam
  let steps: [LayerStep]
  /// One entry per step.
  private var compiled: [Compiled] = []
  private let images: Tensor
  let inputGradient: Tensor
  /// This backend doesn't measure the time of single layers.
  var timesLayers = false
  var layerTimes: [LayerTime] { [] }
  var description: String {
    "OpenBLAS, \(String(cString: openblas_get_corename())), \(team.workers) thread\(team.workers == 1 ? "" : "s"), float32"
  }

  /// A step's operation, and the tensors that its gradient comes from and goes to.
  private struct Compiled {
    let operation: any Operation
    let outputGradient: Tensor
    let inputGradient: Tensor?
  }

  init(_ parameters: ParameterStore, batch: Int, purpose: Purpose, team: ThreadTeam) throws(MemoryError) {
    self.purpose = purpose
    self.team = team
    steps = parameters.steps(for: purpose)
    let input = parameters.network.input
    images = try Tensor(count: batch, shape: input)
    inputGradient = try Tensor(count: purpose.givesInputGradient ? batch : 0, shape: input)
    try compile(parameters, batch: batch)
  }

  /// Makes the operations. Gradients alternate between two buffers: an operation reads one and writes the other.
  private func compile(_ parameters: ParameterStore, batch: Int) throws(MemoryError) {
    let largest = purpose == .inference ? 0 : parameters.network.shapes.map(\.count).max() ?? 0
    let pair = try (0..<2).map { _ throws(MemoryError) in try FlatBuffer(count: CheckedSize.product(batch, largest)) }
    var input = images
    var turn = 0
    for step in steps {
      let inPlace = step.named.layer.layer.worksInPlace
      let output = try inPlace ? input : Tensor(count: batch, shape: step.output)
      let place = OperationPlace(
        step: step, store: parameters, purpose: purpose, team: team, input: input, output: output)
      let count = step.hasGradient ? batch : 0
      compiled.append(
        Compiled(
          operation: try Self.makeOperation(place),
          // An operation in place changes the gradient in place too: in the buffer of the output gradient of the layer below.
          outputGradient: Tensor(count: count, shape: step.output, storage: pair[inPlace ? 1 - turn : turn]),
          inputGradient: step.wantsBelow ? Tensor(count: count, shape: step.input, storage: pair[1 - turn]) : nil))
      if !inPlace { turn = 1 - turn }
      input = output
    }
  }

  private static func makeOperation(_ place: OperationPlace) throws(MemoryError) -> any Operation {
    switch place.step.named.layer {
    case .convolution(let layer): try ConvolutionOperation(layer, place)
    case .fullyConnected: FullyConnectedOperation(place)
    case .maxPooling(let layer): try MaxPoolingOperation(layer, place)
    case .relu: ReLUOperation(place)
    case .localResponseNormalization(let layer): try LocalResponseNormalizationOperation(layer, place)
    case .dropout(let layer): try DropoutOperation(layer, place)
    }
  }

  func forward(_ images: Tensor, dropout: DropoutStream?) -> Tensor {
    self.images.prefix(images.count).copy(images)
    for step in compiled { step.operation.forward(count: images.count, dropout: dropout) }
    return compiled[compiled.count - 1].operation.place.output.prefix(images.count)
  }

  func prepareBackward(from step: Int) {}

  func begin(at step: Int, with gradient: Tensor) { compiled[step].outputGradient.prefix(gradient.count).copy(gradient) }

  func descend(through step: Int, pictures: Int, rule: ReLURule) {
    let step = compiled[step]
    let place = step.operation.place
    if place.step.computesReLU { place.gate(step.outputGradient, count: pictures, rule: rule) }
    step.operation.backward(count: pictures, from: step.outputGradient, to: step.inputGradient, rule: rule)
  }

  func finish(pictures: Int) {
    guard purpose.givesInputGradient, let bottom = compiled[0].inputGradient else { return }
    inputGradient.prefix(pictures).copy(bottom.prefix(pictures))
  }

  func gradient(above step: Int) -> Tensor { compiled[step].outputGradient }

  func activation(of step: Int) -> Tensor { compiled[step].operation.place.output }
}
