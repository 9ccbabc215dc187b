import DataSets
import Foundation

/// What a job has done: `OUT/summary.json`.
public struct JobSummary: Sendable, Hashable, Codable {
  /// An item without a result.
  public struct Failure: Sendable, Hashable, Codable {
    public var item: String
    public var source: String?
    public var reason: String
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
  /// What was found beside the pictures; nil for nothing.
  public var passedOver: PassedOver?
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
  /// With 1 … 5 answers, over all whole results whose boxes are known: see `LocalisationScore`; of `localise`.
  public var localisationError: [Double]?
  /// Of the same pictures.
  public var classificationError: [Double]?
  public var picturesWithBoxes: Int?
  /// Of them, those that a black list leaves out.
  public var blacklisted: Int?
  /// What of the annotation files can't be used; nil when all is used.
  public var annotationFaults: [AnnotationFault]?
  /// Seconds of all ranks together in each phase of this run.
  public var secondsByPhase: [String: Double]?

  public var isComplete: Bool { failures.isEmpty && !stopped }

  /// - Throws: `VisualizeError` with the program's exit code, 1 when items failed, 4 when stopped on request.
  public func requireComplete() throws(VisualizeError) {
    if stopped {
      throw VisualizeError(.stopped, "stopped on request with \(done + skipped) of \(total) results whole; run it again to go on")
    }
    guard let first = failures.first else { return }
    throw VisualizeError(
      .incomplete,
      "\(failed) of \(total) items failed, all others are done (summary.json lists them); the first: \(first.reason)")
  }
}
