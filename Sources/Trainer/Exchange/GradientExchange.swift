import Cluster
import ConvNet

/// A way in which the ranks make one update of their gradients: how these are summed, who updates what, and who learns of it when.
///
/// There is one type per way: `AllReduce` (every rank updates everything), `WeightShares` (inside one host each rank updates a share of
/// every layer), and `ShardExchange` (fully connected layers dealt out by output unit, with one of the others for the layers below).
/// All calls are made in the same order on all ranks.
protocol GradientExchange: AnyObject {
  /// What this rank updates.
  var owned: [ParameterStore] { get }
  /// Seconds that this rank has waited for others in `finish` until now.
  var waitSeconds: Double { get }
  /// Whether other ranks hold values, or what their optimizers keep, that rank 0 lacks.
  var isSpread: Bool { get }

  /// Takes in a range of the flat buffer that holds this rank's gradients of the whole batch, while the backward pass goes on.
  func begin(_ range: Range<Int>)
  /// Returns when `owned` has the gradients of the global batch. - Note: collective
  func finish() throws
  /// Brings updated values to the ranks that compute with them. - Note: collective
  func spreadValues() throws
  /// Brings the values of all parameters to all ranks: for an evaluation. - Note: collective
  func gatherValues() throws
  /// Brings values of all parameters and what the optimizers keep of them to rank 0: for a checkpoint. - Note: collective
  func gatherOnFirst() throws
  /// The sum of a number of each parameter, or of a rank's share of it, over all parameters of the net; the same bits on all ranks.
  /// - Note: collective
  func total(_ own: (Parameter, ParameterStore) -> Double) throws -> Double
}

extension Communicator {
  /// The sum over ranks, in their order: the same bits on all of them. - Note: collective
  func sumInOrder(_ own: Double) throws -> Double {
    var values = [Double](repeating: 0, count: size)
    values[rank] = own
    try allReduceSum(&values)
    return values.reduce(0, +)
  }
}

extension ParameterStore {
  fileprivate func sum(_ own: (Parameter, ParameterStore) -> Double) -> Double { parameters.reduce(0) { $0 + own($1, self) } }
}

/// Every rank sums all gradients and updates all parameters.
final class AllReduce: GradientExchange {
  let owned: [ParameterStore]
  private let reducer: GradientReducer

  /// - Note: collective
  init(_ store: ParameterStore, _ reduction: GradientReduction, communicator: Communicator) throws {
    owned = [store]
    reducer = try GradientReducer(store.gradients.all, communicator: communicator, reduction: reduction)
  }

  var waitSeconds: Double { reducer.waitSeconds }
  var isSpread: Bool { false }

  func begin(_ range: Range<Int>) { reducer.start(range) }
  func finish() throws { try reducer.finish() }
  func spreadValues() {}
  func gatherValues() {}
  func gatherOnFirst() {}
  func total(_ own: (Parameter, ParameterStore) -> Double) -> Double { owned[0].sum(own) }
}

/// The fully connected layers are dealt out to the ranks, whose gradients of them need no sum; the layers below go another way.
final class ShardExchange: GradientExchange {
  let owned: [ParameterStore]
  private let shards: Shards
  private let features: any GradientExchange
  private let communicator: Communicator

  /// - Parameter features: the exchange of the layers that every rank has.
  init(_ shards: Shards, features: any GradientExchange, communicator: Communicator) {
    self.shards = shards
    self.communicator = communicator
    self.features = features
    owned = features.owned + shards.fullyConnected
  }

  var waitSeconds: Double { features.waitSeconds }
  var isSpread: Bool { true }

  func begin(_ range: Range<Int>) { features.begin(range) }
  func finish() throws { try features.finish() }
  func spreadValues() throws { try features.spreadValues() }

  func gatherValues() throws {
    try features.gatherValues()
    try shards.gatherValues()
  }

  func gatherOnFirst() throws {
    try features.gatherOnFirst()
    try shards.gatherOnFirst()
  }

  func total(_ own: (Parameter, ParameterStore) -> Double) throws -> Double {
    try features.total(own) + communicator.sumInOrder(shards.fullyConnected.reduce(0) { $0 + $1.sum(own) })
  }
}
