/// How many ranks and threads there are, and what the command line has to know of the hosts that they are on.
package struct RankLayout: Equatable, Sendable {
  package var ranks: Int
  /// The threads of each rank.
  package var threads: Int
  /// The most ranks on one host.
  var ranksPerHost: Int
  /// True if all threads have a core of their own.
  var fits: Bool
  /// True if also all cores have a thread.
  var isFilled: Bool
  /// True if there are fewer slots than ranks.
  var isCrowded = false
  /// True if the ranks are dealt out evenly over the nodes, not slot by slot.
  var isSpread = false
  /// What srun is told, in processors as Slurm counts them.
  var processorsPerRank = 1

  /// On this host alone.
  package static func onThisHost(ranks: Int?, threads: Int?, cores: Int) -> RankLayout {
    let ranks = ranks ?? 1
    let threads = threads ?? max(cores / ranks, 1)
    return RankLayout(
      ranks: ranks, threads: threads, ranksPerHost: ranks, fits: ranks * threads <= cores, isFilled: ranks * threads == cores)
  }

  /// On hosts that were given, which may have different numbers of slots and cores.
  ///
  /// All ranks get the threads for which the scarcest host has cores: each update waits for the slowest rank.
  package static func onHosts(ranks: Int?, threads: Int?, slots: [Int], cores: [Int]) -> RankLayout {
    let total = slots.reduce(0, +)
    let ranks = ranks ?? total
    // The slots are filled one host after the other: the last ones may stay empty. More ranks than slots are dealt out in turn.
    var left = ranks
    let counts = slots.map { slots in
      let count = min(ranks > total ? (slots * ranks + total - 1) / total : slots, left)
      left -= count
      return count
    }
    let threads = threads ?? smallestShare(of: cores, for: counts)
    let hosts = zip(counts, cores)
    return RankLayout(
      ranks: ranks, threads: threads, ranksPerHost: counts.max() ?? 0, fits: hosts.allSatisfy { $0 * threads <= $1 },
      isFilled: hosts.allSatisfy { $0 == 0 || $0 * threads == $1 })
  }

  /// In a Slurm allocation, whose nodes may have different numbers of tasks and processors.
  ///
  /// - Parameters:
  ///   - cores: of this host.
  ///   - processors: of this host, hardware threads included.
  package static func inAllocation(
    ranks: Int?, threads: Int?, _ allocation: SlurmAllocation, cores: Int, processors: Int
  ) -> RankLayout {
    let nodes = allocation.nodes
    let given = allocation.processorsPerNode ?? Array(repeating: cores, count: nodes)
    let ranks = ranks ?? allocation.tasks ?? nodes
    let isSpread = ranks != allocation.tasks || nodes != allocation.tasksPerNode.count
    let counts = isSpread ? (0..<nodes).map { ranks / nodes + ($0 < ranks % nodes ? 1 : 0) } : allocation.tasksPerNode
    // A compute node shows whether Slurm counts more processors than there are cores.
    let here = allocation.isOnNode ? max(allocation.processorsHere ?? 0, cores) : cores
    let usable = given.map { $0 * cores / here }

    var perRank = smallestShare(of: given, for: counts)
    if !isSpread { perRank = allocation.processorsPerTask ?? perRank }
    let threads = threads ?? min(smallestShare(of: usable, for: counts), perRank)
    let slots = allocation.tasksPerNode.reduce(0, +)
    let shares = zip(counts, usable)
    // Where there are more processors than Slurm gave us, others may have the rest, and we cannot tell which.
    let areAllOurs = allocation.isOnNode && processors <= allocation.processorsHere ?? 0
    return RankLayout(
      ranks: ranks, threads: threads, ranksPerHost: counts.max() ?? 0, fits: shares.allSatisfy { $0 * threads <= $1 },
      isFilled: areAllOurs && shares.allSatisfy { $0 * threads == $1 }, isCrowded: slots > 0 && ranks > slots, isSpread: isSpread,
      processorsPerRank: perRank)
  }

  /// What each rank may have of a number per host, on the host where that is least; 1 at least.
  private static func smallestShare(of amounts: [Int], for counts: [Int]) -> Int {
    max(zip(amounts, counts).filter { $1 > 0 }.map { $0 / $1 }.min() ?? 1, 1)
  }
}
