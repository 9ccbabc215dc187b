/// Watches what a run spends its time on: chooses the number of threads that load pictures, and says what limits the run.
struct PaceWatch {
  /// Updates of the first window, while everything still warms up, and of all others.
  static let (firstWindow, window) = (20, 200)
  /// The share of the time above which waiting limits a run.
  static let limit = 0.1

  /// What a run can wait for.
  enum Limit: Sendable, Equatable { case computing, pictures, otherRanks }

  private let workers: Int
  /// Nil if the user has chosen the number of loader threads.
  private var threads: Int?
  private var updates = 0
  private var (seconds, dataWait, reductionWait) = (0.0, 0.0, 0.0)
  /// What was said last; nil in the first window.
  private var said: Limit?

  /// - Parameters:
  ///   - workers: the threads of this rank that compute.
  ///   - loaderThreads: nil to choose them.
  init(workers: Int, loaderThreads: Int?) {
    self.workers = workers
    threads = loaderThreads == nil ? workers : nil
  }

  /// Has the loader use as many threads as fit what it takes and what this rank computes.
  ///
  /// - Parameter computeSeconds: for each picture, on this rank, waiting left out; 0 on one without pictures.
  mutating func fit(_ loader: BatchLoader, computeSeconds: Double) {
    guard let threads, let pace = loader.pace else { return }
    let wanted = pace.threads(computeSeconds: computeSeconds, workers: workers)
    // A few too many do no harm.
    guard wanted > threads || 4 * wanted <= 3 * threads else { return }
    self.threads = wanted
    loader.useThreads(wanted)
  }

  /// Takes in an update.
  ///
  /// - Parameters:
  ///   - seconds: that it took.
  ///   - dataWait: of them, waiting for pictures; of the rank that waited longest.
  ///   - reductionWait: likewise, for other ranks.
  /// - Returns: what limits the run, where that is new.
  mutating func add(seconds: Double, dataWait: Double, reductionWait: Double) -> String? {
    updates += 1
    self.seconds += seconds
    self.dataWait += dataWait
    self.reductionWait += reductionWait
    guard updates == (said == nil ? Self.firstWindow : Self.window) else { return nil }
    let (pictures, ranks) = (self.dataWait / self.seconds, self.reductionWait / self.seconds)
    let limit = Self.limit(pictures: pictures, otherRanks: ranks)
    let text = limit == said ? nil : Self.text(limit, pictures: pictures, otherRanks: ranks, updates: updates)
    said = limit
    (updates, self.seconds, self.dataWait, self.reductionWait) = (0, 0, 0, 0)
    return text
  }

  /// - Parameters: the shares of the time that went to waiting for each.
  static func limit(pictures: Double, otherRanks: Double) -> Limit {
    if max(pictures, otherRanks) <= limit { return .computing }
    return pictures >= otherRanks ? .pictures : .otherRanks
  }

  private static func text(_ limit: Limit, pictures: Double, otherRanks: Double, updates: Int) -> String {
    func percent(_ share: Double) -> String { "\(Int((100 * share).rounded())) %" }
    let shares =
      "\(percent(pictures)) of the last \(updates) updates' time was spent waiting for pictures, \(percent(otherRanks)) for other ranks"
    return switch limit {
    case .computing: "computing limits this run: \(shares)"
    case .pictures:
      "loading pictures limits this run: \(shares). A pack (`prepare`) is read several times as fast as photographs; more "
        + "processors per rank help too"
    case .otherRanks:
      "communication limits this run: \(shares). `doctor` measures the network; --fully-connected auto, --gradient-wire bfloat16 "
        + "or a larger --batch send less"
    }
  }
}
