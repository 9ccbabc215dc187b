import ConvNet
import Learning

/// A small net with every kind of layer, and all that its steps need.
final class Steps {
  private let plan: Plan
  private let team: ThreadTeam
  private let images: Tensor
  private let gradient: Tensor
  private let dropout: DropoutStream
  private let labels: [Int32] = [3, 1, 4]
  private let sgd = SGD()
  /// Gradients that the backward pass has reported.
  private var reported = 0

  init(_ backend: BackendChoice, _ precision: Precision, _ purpose: Purpose, workers: Int) throws {
    let network = try Preset.cnnF64.network(classes: 10)
    let store = try ParameterStore(network, training: purpose.trains)
    Initialization.gaussian.fill(store, seed: 1)
    team = ThreadTeam(workers: workers)
    plan = try Plan(store, batch: labels.count, purpose: purpose, backend: backend, precision: precision, team: team)
    images = try Tensor(count: labels.count, shape: network.input)
    for i in images.values.indices { images.values[i] = Float(i % 251) - 125 }
    gradient = try Tensor(count: labels.count, shape: Shape(channels: network.classCount))
    dropout = DropoutStream(seed: 1, samples: Array(labels.indices))
  }

  /// One step of the plan's purpose.
  func step() {
    let scores = plan.forward(images, dropout: dropout)
    if plan.purpose == .inference { return }
    _ = labels.withUnsafeBufferPointer {
      softmaxCrossEntropy(scores, labels: $0, divisor: labels.count, gradient: gradient)
    }
    plan.backward(from: gradient) { reported += $0.count }
    if plan.purpose.trains { sgd.update(plan.parameters, rate: 1e-4, team: team) }
  }
}
