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

  public init() {}

  /// What was found with the pictures of a job.
  init(_ pictures: PictureList) {
    passedOver = pictures.passedOver.groups.isEmpty ? nil : pictures.passedOver
    annotationFaults = pictures.annotationFaults.isEmpty ? nil : pictures.annotationFaults
  }

  public var problem: String? {
    NumberLimits.problem("picturesWithBoxes", picturesWithBoxes, NumberLimits.counts)
      ?? (localisationError ?? []).lazy.compactMap { NumberLimits.problem("localisationError", $0, NumberLimits.parts) }.first
  }
}
