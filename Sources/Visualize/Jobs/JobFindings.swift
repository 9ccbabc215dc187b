import DataSets
import Results

/// The summary of a visualisation job, in `OUT/summary.json`.
public typealias JobSummary = RunSummary<JobFindings>

/// What visualisations record in `OUT/summary.json` besides the counts; nil is left out.
public struct JobFindings: RecordFacts {
  /// The files in the folders of pictures that were left out, with the reasons.
  public var passedOver: PassedOver?
  /// The annotation files that can't be used, with the reasons.
  public var annotationFaults: [AnnotationFault]?
  /// The localisation error with 1 … 5 answers, over all whole results with known boxes; see `LocalisationScore`.
  public var localisationError: [Double]?
  /// The classification error of the same pictures.
  public var classificationError: [Double]?
  public var picturesWithBoxes: Int?
  /// The number of pictures with boxes that a black list leaves out.
  public var blacklisted: Int?
  /// The seconds of this run in each phase, summed over all ranks.
  public var secondsByPhase: [String: Double]?

  public init() {}

  /// The findings that come with the pictures of a job.
  init(_ pictures: PictureList) {
    passedOver = pictures.passedOver.groups.isEmpty ? nil : pictures.passedOver
    annotationFaults = pictures.annotationFaults.isEmpty ? nil : pictures.annotationFaults
  }

  public var problem: String? {
    NumberLimits.problem("picturesWithBoxes", picturesWithBoxes, NumberLimits.counts)
      ?? (localisationError ?? []).lazy.compactMap { NumberLimits.problem("localisationError", $0, NumberLimits.parts) }.first
  }
}
