import Testing

@testable import ConvNet

@Suite("Adding up gradients")
struct GradientSumTests {
  private let seed: UInt64 = 23

  private func network() throws -> Network {
    try Network(
      Shape(channels: 3, height: 15, width: 15),
      [
        .convolution(Convolution(filters: 16, kernel: 3)), .relu(ReLU()), .maxPooling(MaxPooling(window: 3, stride: 2)),
        .fullyConnected(FullyConnected(outputs: 24)), .relu(ReLU()), .dropout(Dropout()),
        .fullyConnected(FullyConnected(outputs: 7)),
      ])
  }

  /// The gradients of 11 pictures in passes of those sizes, and the mean loss.
  private func gradients(_ parts: [Int], backend: BackendChoice, workers: Int) throws -> (ParameterStore, loss: Double) {
    let store = try ParameterStore(try network(), seed: seed)
    let team = ThreadTeam(workers: workers)
    let plan = try Plan(store, batch: parts.max()!, purpose: .training, backend: backend, convolution: .direct, team: team)
    let sum = try GradientSum(store, parts: parts.count, team: team)
    let images = try Tensor(count: 11, shape: store.network.input, seed: seed, scale: 20)
    var (first, loss) = (0, 0.0)
    for (number, count) in parts.enumerated() {
      let part = try Tensor(count: count, shape: images.shape, values: (first..<(first + count)).flatMap { Array(images[$0]) })
      // Dropout goes by the picture's number, wherever it stands.
      let scores = plan.forward(part, dropout: DropoutStream(seed: seed, samples: Array(first..<(first + count))))
      let gradient = try Tensor(count: count, shape: scores.shape)
      loss += (first..<(first + count)).map { Int32($0 % 7) }.withUnsafeBufferPointer {
        softmaxCrossEntropy(scores, labels: $0, divisor: 11, gradient: gradient)
      }
      plan.backward(from: gradient) { sum.add($0, part: number) }
      first += count
    }
    return (store, loss)
  }

  @Test(
    "Several passes give the gradients of one", arguments: backends,
    [([6, 5], 1), ([4, 4, 3], 2), ([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], 2)])
  func parts(backend: BackendChoice, parts: ([Int], workers: Int)) throws {
    let whole = try gradients([11], backend: backend, workers: 1)
    let found = try gradients(parts.0, backend: backend, workers: parts.workers)
    #expect(abs(found.loss - whole.loss) <= 1e-6 * whole.loss)
    for parameter in whole.0.parameters {
      // Sums of eleven pictures' float32 gradients in another order.
      #expect(relativeDistance(found.0.gradient(parameter), whole.0.gradient(parameter)) <= 1e-6, "\(parameter.name)")
    }
  }

  @Test("A layer's range comes up in the order in which a backward pass makes it ready", arguments: backends)
  func order(backend: BackendChoice) throws {
    let store = try ParameterStore(try network(), seed: seed)
    let plan = try Plan(store, batch: 2, purpose: .training, backend: backend, team: ThreadTeam(workers: 1))
    let images = try Tensor(count: 2, shape: store.network.input, seed: seed)
    _ = plan.forward(images, dropout: DropoutStream(seed: seed, samples: [0, 1]))
    var ranges: [Range<Int>] = []
    plan.backward(from: try Tensor(count: 2, shape: Shape(channels: 7), seed: seed)) { ranges.append($0) }
    #expect(ranges == store.layerRanges && ranges.count == 3)
  }
}
