import Cluster
import ConvNet

/// Every rank has the convolutions, and some outputs of each fully connected layer for the pictures of all ranks.
///
///     own pictures ─ features ─┐ gather rows      [N, 9216]
///                  fc6, own outputs ─┐ gather columns   [N, 4096]
///                  fc7, own outputs ─┐ gather columns   [N, 4096]
///                  fc8, own classes ─ loss over all ranks' scores
///     and back: each layer's gradient by its whole input is a sum over ranks, of which each gets what it needs
///
/// Dropout goes by the global picture and the unit of the whole layer: the training is the one of a whole net on every rank,
/// to rounding.
final class ShardedPass: BatchPass {
  let plans: [Plan]
  private let shards: Shards
  private let communicator: Communicator
  private let exchange: MatrixExchange
  /// What goes into each fully connected layer, of all ranks' pictures.
  private let inputs: [Tensor]
  /// The gradients by each fully connected layer's own outputs.
  private let gradients: [Tensor]
  private let featureGradient: Tensor
  private let loss: ShardedLoss
  private let globalBatch: Int
  private let seed: UInt64
  private let forwardWire, backwardWire: MatrixExchange.Wire
  /// Number and label of each picture, of all ranks.
  private var pictureList: [Int]

  /// - Parameter batch: the most pictures of a rank in a part.
  init(_ shards: Shards, batch: Int, job: TrainingJob, communicator: Communicator) throws {
    self.shards = shards
    self.communicator = communicator
    globalBatch = job.options.batch
    seed = job.options.seed
    let all = batch * communicator.size
    let features = try Plan(shards.features, batch: batch, purpose: .training, compute: job.compute)
    plans = try [features] + shards.fullyConnected.map { try Plan($0, batch: all, purpose: .innerTraining, compute: job.compute) }
    inputs = try shards.fullyConnected.map { try Tensor(count: all, shape: $0.network.input) }
    gradients = try shards.fullyConnected.map { try Tensor(count: all, shape: Shape(channels: $0.network.classCount)) }
    featureGradient = try Tensor(count: batch, shape: plans[0].network.shapes[plans[0].network.layers.count])
    exchange = MatrixExchange(communicator, capacity: inputs.map { $0.count * $0.shape.count }.max() ?? 0)
    let classes = shards.parts(of: shards.outputs.count - 1)[communicator.rank]
    loss = ShardedLoss(
      classes: classes, communicator: communicator, exchange: exchange, smoothing: job.options.labelSmoothing,
      classCount: shards.outputs[shards.outputs.count - 1])
    // Activations in bfloat16 lose nothing on a bfloat16 wire.
    let isHalf = job.options.gradientWire == .bfloat16
    forwardWire = isHalf || job.options.precision == .bfloat16 ? .bfloat16 : .float32
    backwardWire = isHalf ? .bfloat16 : .float32
    pictureList = Array(repeating: -1, count: 2 * all)
  }

  var batch: Int { plans[0].batch }
  var waitSeconds: Double { exchange.seconds }

  func compute(_ pictures: PictureBatch, ready: (_ range: Range<Int>, _ isWhole: Bool) -> Void) throws -> Double {
    let (rows, samples, labels) = try gatherPictures(pictures)
    let own = rows[communicator.rank]
    let total = samples.count
    let features = plans[0]
    guard total > 0 else {
      for part in shards.fullyConnected.reversed() { clear(part, ready) }
      features.parameters.clearGradients { ready($0, false) }
      return 0
    }

    let pooled =
      own.isEmpty
      ? featureGradient : features.forward(pictures.tensor, dropout: DropoutStream(seed: seed, samples: pictures.samples))
    let rowCut = MatrixCut(.rows, of: total, by: inputs[0].shape.count, parts: rows)
    try exchange.gather(pooled.storage.pointer, into: inputs[0].storage.pointer, rowCut, wire: forwardWire)
    let dropout = DropoutStream(seed: seed, samples: samples)
    var scores = pooled
    for layer in inputs.indices {
      scores = plans[layer + 1].forward(inputs[layer].prefix(total), dropout: dropout)
      if layer + 1 < inputs.count {
        try exchange.gather(
          scores.storage.pointer, into: inputs[layer + 1].storage.pointer, columnCut(above: layer, total), wire: forwardWire)
      }
    }
    let ownLoss = try loss.compute(
      scores, labels: labels, divisor: globalBatch, counted: own, gradient: gradients[gradients.count - 1].prefix(total))

    for layer in inputs.indices.reversed() {
      let plan = plans[layer + 1]
      plan.backward(from: gradients[layer].prefix(total))
      for parameter in plan.parameters.parameters { ready(parameter.range, true) }
      let terms = plan.inputGradient.storage.pointer
      if layer > 0 {
        try exchange.scatterSum(
          terms, into: gradients[layer - 1].storage.pointer, columnCut(above: layer - 1, total), wire: backwardWire)
      } else {
        try exchange.scatterSum(terms, into: featureGradient.storage.pointer, rowCut, wire: backwardWire)
      }
    }
    if own.isEmpty {
      features.parameters.clearGradients { ready($0, false) }
    } else {
      features.backward(from: featureGradient.prefix(own.count)) { ready($0, false) }
    }
    return ownLoss
  }

  private func clear(_ part: ParameterStore, _ ready: (_ range: Range<Int>, _ isWhole: Bool) -> Void) {
    for parameter in part.parameters {
      part.gradients[parameter.range].update(repeating: 0)
      ready(parameter.range, true)
    }
  }

  /// How the activations between a fully connected layer and the next are dealt out.
  private func columnCut(above layer: Int, _ total: Int) -> MatrixCut {
    MatrixCut(.columns, of: total, by: shards.outputs[layer], parts: shards.parts(of: layer))
  }

  /// The rows that each rank's pictures take among all, and all pictures' numbers and labels. - Note: collective
  private func gatherPictures(_ pictures: PictureBatch) throws -> (rows: [Range<Int>], samples: [Int], labels: [Int]) {
    // One more than a number and a label each, so that 0 is a place without a picture: the sum over ranks is the list.
    for index in pictureList.indices { pictureList[index] = 0 }
    let start = 2 * batch * communicator.rank
    for n in 0..<pictures.count {
      pictureList[start + 2 * n] = pictures.samples[n] + 1
      pictureList[start + 2 * n + 1] = Int(pictures.labels[n]) + 1
    }
    try exchange.waiting { try communicator.allReduceSum(&pictureList) }
    var rows: [Range<Int>] = []
    var samples: [Int] = []
    var labels: [Int] = []
    for rank in 0..<communicator.size {
      let first = samples.count
      for place in (rank * batch)..<((rank + 1) * batch) where pictureList[2 * place] > 0 {
        samples.append(pictureList[2 * place] - 1)
        labels.append(pictureList[2 * place + 1] - 1)
      }
      rows.append(first..<samples.count)
    }
    return (rows, samples, labels)
  }
}
