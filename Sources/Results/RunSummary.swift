import Files

/// The summary of a job, `OUT/summary.json`.
///
/// The job's own `Findings` are among the other fields.
@dynamicMemberLookup
public struct RunSummary<Findings: RecordFacts>: Sendable, Hashable, TwoPartCodable, CheckedNumbers {
  public var counts: RunCounts
  public var findings: Findings

  public init(_ counts: RunCounts, _ findings: Findings) { (self.counts, self.findings) = (counts, findings) }

  public var parts: (RunCounts, Findings) { (counts, findings) }

  public subscript<Value>(dynamicMember path: WritableKeyPath<RunCounts, Value>) -> Value {
    get { counts[keyPath: path] }
    set { counts[keyPath: path] = newValue }
  }

  public subscript<Value>(dynamicMember path: WritableKeyPath<Findings, Value>) -> Value {
    get { findings[keyPath: path] }
    set { findings[keyPath: path] = newValue }
  }

  public var problem: String? { counts.problem ?? findings.problem }

  public var isComplete: Bool { counts.isComplete }

  /// - Throws: `ResultsError` with the exit code of the program: 1 if items failed, 4 if it was stopped on request.
  public func requireComplete() throws(ResultsError) { try counts.requireComplete() }
}

/// The counts that every job makes of a run.
public struct RunCounts: Sendable, Hashable, Codable {
  /// An item without a result, or with a warning, and the reason.
  public struct Failure: Sendable, Hashable, Codable {
    public var item: String
    public var source: String?
    public var reason: String

    package init(item: String, source: String?, reason: String) {
      (self.item, self.source, self.reason) = (item, source, reason)
    }
  }

  /// The command.
  public var command: String
  /// The number of items that were asked for.
  public var total: Int
  /// The number of items that this run made.
  public var done: Int
  /// The number of items that had a whole result already.
  public var skipped: Int
  /// The number of items that couldn't be made.
  public var failed: Int
  public var failures: [Failure]
  /// The items with a warning.
  public var warnings: [Failure]
  public var seconds: Double
  /// Items made per second, by all ranks together.
  public var itemsPerSecond: Double
  public var ranks: Int
  /// The number of earlier results that were made again because the picture, or what is known of it, has changed; nil for none.
  public var outdated: Int?
  /// The number of earlier results that were made again because a file was cut or empty; nil for none.
  public var damaged: Int?
  /// True if the run was asked to stop before the end, or hasn't reached the end.
  public var stopped: Bool
  /// True from the start of a run to its end. If it is still true later, the run was broken off and the counts are those of its
  /// start. Otherwise nil.
  public var unfinished: Bool?
  package init(
    command: String, total: Int, done: Int, skipped: Int, failed: Int, failures: [Failure], warnings: [Failure], seconds: Double,
    itemsPerSecond: Double, ranks: Int, stopped: Bool
  ) {
    (self.command, self.total, self.done, self.skipped, self.failed) = (command, total, done, skipped, failed)
    (self.failures, self.warnings, self.stopped) = (failures, warnings, stopped)
    (self.seconds, self.itemsPerSecond, self.ranks) = (seconds, itemsPerSecond, ranks)
  }

  var problem: String? {
    for (name, value) in [("total", total), ("done", done), ("skipped", skipped), ("failed", failed)] {
      if let problem = NumberLimits.problem(name, value, NumberLimits.counts) { return problem }
    }
    return nil
  }

  var isComplete: Bool { failures.isEmpty && !stopped }

  func requireComplete() throws(ResultsError) {
    if stopped {
      throw ResultsError(.stopped, "stopped on request with \(done + skipped) of \(total) results whole; run it again to go on")
    }
    guard let first = failures.first else { return }
    throw ResultsError(
      .incomplete,
      "\(failed) of \(total) items failed, all others are done (summary.json lists them); the first: \(first.reason)")
  }
}
