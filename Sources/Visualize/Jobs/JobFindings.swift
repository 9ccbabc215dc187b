import DataSets
import Results

/// What has been done, and what is to be said of all results together.
public typealias JobSummary = RunSummary<JobFindings>

/// What visualisations say in `OUT/summary.json` besides the counts; nil is left out.
public struct JobFindings: RecordFacts {
  /// What was found beside the pictures.
  public var passedOver: PassedOver?
  /// What of the annotation files can't be used.
  public var annotationFaults: [AnnotationFault]?
  /// With 1 … 5 answers, over all whole results whose boxes are known: see `LocalisationScore`.
  public var localisationError: [Double]?
  /// Of the same pictures.
  public var classificationError: [Double]?
  public var picturesWithBoxes: Int?
  /// Of them, those that a black list leaves out.
  public var blacklisted: Int?
  /// Seconds of all ranks together in each phase of this run.
  public var secondsByPhase: [String: Double]?

  public init(passedOver: PassedOver = PassedOver(), annotationFaults: [AnnotationFault] = []) {
    self.passedOver = passedOver.groups.isEmpty ? nil : passedOver
    self.annotationFaults = annotationFaults.isEmpty ? nil : annotationFaults
  }

  public var problem: String? {
    NumberLimits.problem("picturesWithBoxes", picturesWithBoxes, NumberLimits.counts)
      ?? (localisationError ?? []).lazy.compactMap { NumberLimits.problem("localisationError", $0, NumberLimits.parts) }.first
  }
}
