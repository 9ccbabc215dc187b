import ConvNet

/// Looks after a run on rank 0: what a person would want to be told after weeks, or much earlier.
struct RunWatch {
  private var stuckLoss: StuckLossWatch
  private var deadLayers: DeadLayerWatch
  private var slowRanks: SlowRankWatch
  private let store: ParameterStore
  private let hosts: [String]

  /// - Parameters:
  ///   - watched: the layers whose whole gradients this rank has.
  ///   - hosts: of each rank.
  init(_ store: ParameterStore, watched: ParameterStore, hosts: [String]) {
    self.store = store
    self.hosts = hosts
    stuckLoss = StuckLossWatch(classCount: store.network.classCount)
    deadLayers = DeadLayerWatch(watched)
    slowRanks = SlowRankWatch(ranks: hosts.count)
  }

  /// Takes in a step, whose gradients are still in the store.
  /// - Returns: the warnings that it gives rise to.
  mutating func add(_ message: StepMessage) -> [String] {
    let slow = slowRanks.add(message.busySeconds).map { slow in
      let times = String(Double(Int(10 * slow.times + 0.5)) / 10)
      return
        "rank \(slow.rank) on \(hosts[slow.rank]) is slow: a picture takes it \(times) times as long as the ranks' median, and all "
        + "wait for it; see what else runs there, and how its threads are bound"
    }
    return [stuckLoss.add(message.loss), deadLayers.add(store.gradients), slow].compactMap { $0 }
  }
}
