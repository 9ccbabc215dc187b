import Cluster
import ConvNet

/// The fully connected layers of a net dealt out to the ranks by output unit, and everything below on every rank.
///
/// A rank computes and updates its own rows of `[out, in]`, whose gradients and velocity nobody else ever holds; so 96 % of the
/// paper's parameters need not travel, only activations do. A checkpoint has the usual layout: before it is written rank 0 fetches
/// the others' rows.
///
/// Source: Krizhevsky, *One weird trick for parallelizing convolutional neural networks* (2014), sections 4 and 5.
final class Shards {
  /// The layers that every rank has.
  let features: ParameterStore
  /// This rank's rows of each fully connected layer, in order.
  let fullyConnected: [ParameterStore]
  /// The outputs of each fully connected layer, whole.
  let outputs: [Int]
  private let store: ParameterStore
  private let communicator: Communicator

  /// Nil if the layers can't be dealt out: see `obstacle`.
  init?(_ store: ParameterStore, communicator: Communicator) throws {
    guard let parts = store.network.classifierParts else { return nil }
    self.store = store
    self.communicator = communicator
    features = try store.part(parts.features)
    let outputs = parts.fullyConnected.map { store.network.shapes[$0.upperBound].count }
    self.outputs = outputs
    fullyConnected = try zip(parts.fullyConnected, outputs).map {
      try store.part($0, outputs: Self.share(of: $1, rank: communicator.rank, communicator))
    }
  }

  /// Why the fully connected layers of a network can't be dealt out, and what to do; nil if they can be.
  static func obstacle(_ network: Network, _ options: TrainingOptions, ranks: Int) -> String? {
    guard let parts = network.classifierParts else {
      return "the network '\(network.name)' doesn't end in fully connected layers with ReLU and dropout alone between them"
    }
    for part in parts.fullyConnected {
      let (name, outputs) = (network.layers[part.lowerBound].name, network.shapes[part.upperBound].count)
      if outputs < ranks { return "\(name) has \(outputs) outputs for \(ranks) ranks" }
      if network.shapes[part.lowerBound].count % 2 == 1 { return "\(name) has an odd number of inputs" }
    }
    if options.reduction == .exact { return "--reduction exact sums whole gradients in a fixed order" }
    if options.optimizer == .lars { return "--optimizer lars needs the norms of whole layers" }
    return nil
  }

  /// The outputs of a layer that each rank has.
  func parts(of layer: Int) -> [Range<Int>] {
    (0..<communicator.size).map { Self.share(of: outputs[layer], rank: $0, communicator) }
  }

  private static func share(of outputs: Int, rank: Int, _ communicator: Communicator) -> Range<Int> {
    EpochSampler.share(of: outputs, rank: rank, ranks: communicator.size)
  }

  /// Brings every rank's rows of the values to all: for an evaluation. - Note: collective
  func gatherValues() throws {
    for owner in 0..<communicator.size {
      for range in ranges(of: owner) { try communicator.broadcast(store.values[range], from: owner) }
    }
    store.valuesChanged()
  }

  /// Brings every rank's rows of values and of what the optimizer keeps to rank 0: for a checkpoint. - Note: collective
  func gatherOnFirst() throws {
    for owner in 1..<max(communicator.size, 1) {
      for range in ranges(of: owner) {
        for buffer in [store.values] + store.kept { try communicator.move(buffer[range], from: owner, to: 0) }
      }
    }
    if communicator.rank == 0 { store.valuesChanged() }
  }

  /// Brings what rank 0's optimizer keeps to the ranks, to each its own and nothing else. - Note: collective
  func scatterKept() throws {
    for buffer in store.kept {
      for parameter in features.parameters { try communicator.broadcast(buffer[parameter.range]) }
      for owner in 1..<max(communicator.size, 1) {
        for range in ranges(of: owner) { try communicator.move(buffer[range], from: 0, to: owner) }
      }
    }
  }

  /// A rank's rows of all fully connected layers, and their biases.
  private func ranges(of rank: Int) -> [Range<Int>] {
    fullyConnected.indices.flatMap { layer in
      fullyConnected[layer].parameters.compactMap { own in
        store.parameter(own.layer, own.spec.role).map { whole in
          let part = parts(of: layer)[rank]
          let row = whole.range.count / outputs[layer]
          return (whole.range.lowerBound + row * part.lowerBound)..<(whole.range.lowerBound + row * part.upperBound)
        }
      }
    }
  }
}
