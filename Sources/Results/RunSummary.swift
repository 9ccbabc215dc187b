import Foundation

/// What a job has done: `OUT/summary.json`.
///
/// What the jobs have found out besides, their `Findings`, stands among the other fields.
@dynamicMemberLookup
public struct RunSummary<Findings: RecordFacts>: Sendable, Hashable, Codable, CheckedNumbers {
  public var counts: RunCounts
  public var findings: Findings

  public init(_ counts: RunCounts, _ findings: Findings) {
    (self.counts, self.findings) = (counts, findings)
  }

  public init(from decoder: any Decoder) throws {
    counts = try RunCounts(from: decoder)
    findings = try Findings(from: decoder)
  }

  public func encode(to encoder: any Encoder) throws {
    try counts.encode(to: encoder)
    try findings.encode(to: encoder)
  }

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

  /// - Throws: `ResultsError` with the program's exit code, 1 when items failed, 4 when stopped on request.
  public func requireComplete() throws(ResultsError) { try counts.requireComplete() }
}

/// What every job counts of a run.
public struct RunCounts: Sendable, Hashable, Codable {
  /// An item without a result.
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
  /// Items asked for.
  public var total: Int
  /// Items that this run made.
  public var done: Int
  /// Items that were there already.
  public var skipped: Int
  /// Items that couldn't be made.
  public var failed: Int
  public var failures: [Failure]
  /// Items with something to say against them.
  public var warnings: [Failure]
  public var seconds: Double
  /// Items made a second, all ranks together.
  public var itemsPerSecond: Double
  public var ranks: Int
  /// Earlier results among those to be made: the picture has changed since, or what is known of it. Nil for none.
  public var outdated: Int?
  /// Whether it was asked to stop before the end, or hasn't come to it.
  public var stopped: Bool
  /// True from the start of a run to its end: it is under way, or was ended in between; the counts are those of its start. Else nil.
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
