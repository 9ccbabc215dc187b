import Cluster
import ConvNet

/// Ranks of one host that each sum the gradients of a share of every layer's weights, update it, and hand it to the others.
///
/// Summing all gradients on every rank moves as many values, and then every rank updates all weights, at the memory's pace, which the
/// ranks share. What the optimizer keeps of a share is on its rank alone; before a checkpoint the others get it too. Biases, a few thousand, are
/// summed and updated by all.
///
/// Source: Rajbhandari et al., *ZeRO: memory optimizations toward training trillion parameter models* (2020), section 5.1.
final class WeightShares: GradientExchange {
  let owned: [ParameterStore]
  private(set) var waitSeconds = 0.0
  private let store: ParameterStore
  private let communicator: Communicator
  private let exchange: SharedMemoryExchange

  /// Nil where ranks don't share memory, or where sums or updates need whole gradients.
  /// - Parameter store: the layers that every rank has.
  /// - Note: collective
  init?(_ store: ParameterStore, _ options: TrainingOptions, communicator: Communicator) throws {
    guard communicator.size > 1, communicator.isOneHost, options.reduction == .fast, options.gradientWire == .float32,
      options.optimizer != .lars
    else { return nil }
    self.store = store
    self.communicator = communicator
    let exchange = try SharedMemoryExchange(communicator)
    self.exchange = exchange
    owned = [store.share { exchange.share(of: $0, rank: communicator.rank) }]
  }

  var isSpread: Bool { true }

  /// Nothing: inside one host a sum is the processors' own work, and would take their time from the backward pass.
  func begin(_ range: Range<Int>) {}

  func finish() throws {
    let start = ContinuousClock.now
    try communicator.sleepingBarrier()
    for parameter in store.parameters {
      switch parameter.spec.role {
      case .weights: try exchange.reduceScatter(store.gradients[parameter.range])
      case .biases: try communicator.allReduceSum(store.gradients[parameter.range])
      }
    }
    waitSeconds += start.secondsSince
  }

  func spreadValues() throws {
    try forWeights { parameter in
      let start = parameter.range.lowerBound
      try exchange.allGather(store.values[parameter.range]) {
        store.renewBFloat16Copy(of: (start + $0.lowerBound)..<(start + $0.upperBound))
      }
    }
  }

  /// Nothing: `spreadValues` has brought them.
  func gatherValues() {}

  /// Brings what every rank's optimizer keeps to all. - Note: collective
  func gatherOnFirst() throws {
    for buffer in store.kept { try forWeights { try exchange.allGather(buffer[$0.range]) } }
  }

  func total(_ own: (Parameter, ParameterStore) -> Double) throws -> Double {
    let (weights, biases) = (
      owned[0].parameters.filter { $0.spec.role == .weights }, owned[0].parameters.filter { $0.spec.role == .biases }
    )
    return try communicator.sumInOrder(weights.reduce(0) { $0 + own($1, owned[0]) }) + biases.reduce(0) { $0 + own($1, owned[0]) }
  }

  private func forWeights(_ body: (Parameter) throws -> Void) rethrows {
    for parameter in store.parameters where parameter.spec.role == .weights { try body(parameter) }
  }
}
