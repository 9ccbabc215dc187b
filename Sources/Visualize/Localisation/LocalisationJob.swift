import Answers
import Attribution
import Cluster
import ConvNet
import DataSets
import Files
import Foundation
import Images
import Results
import Segmentation

/// The command `localise`: finds where the classes that the net prefers are in pictures, by saliency and GraphCut, in a result
/// folder. If boxes are known, it computes the ILSVRC error.
///
/// Source: Simonyan et al. 2013 §3.2.
public struct LocalisationJob: PictureJob {
  package static let kind: JobKind = {
    var kind = JobKind("localise", title: "Localisation")
    (kind.page.style, kind.lead, kind.tables) = ("maps wide", lead, LocalisationReport.files)
    kind.page.alternative = { "\($0.source ?? $0.item), and what was found for \($0.name) (\($0.class))" }
    kind.page.overlap = { manifest, line in try manifest.record(at: line, LocalisationFacts.self).facts.bestOverlap }
    kind.attachments = { item in (1...LocalisationScore.answers).map { maskFile(of: item, rank: $0) } }
    kind.attachmentFolder = maskFolder
    kind.redraw = LocalisedPicture.redrawn
    return kind
  }()

  private static let maskFolder = "masks"

  /// - Parameter rank: the rank of the answer, from 1.
  static func maskFile(of item: String, rank: Int) -> String { "\(maskFolder)/\(item)-\(rank).png" }

  private static func lead(_ header: ResultHeader, _ rendering: SaliencyRendering?) -> String {
    let seeds =
      header.parameters["box"] == .text(LocalisationOptions.Box.graphcut.rawValue)
      ? "the seeds of the cut, of the object (orange) and the background (blue), " : ""
    let map = rendering?.overlay == nil ? "the saliency map" : "the saliency map in colours over the picture"
    return "From left to right: the picture with the box found (orange) and the true ones (green), \(map), \(seeds)"
      + "and what was cut out."
  }

  /// The origin of the maps.
  public enum Maps: Sendable {
    case method(any SaliencyMethod)
    /// The maps of earlier results of `localise`.
    case stored(StoredMaps)
  }

  public var setting: JobSetting
  public var pictures: PictureList
  public var options: LocalisationOptions
  public var maps: Maps
  public var crops: TestCrops
  /// True if the results keep the saliency maps, which make up most of their size.
  public var keepsMaps: Bool
  /// The numbers of pictures that the error leaves out.
  public var blackList: Set<Int>
  /// The class numbers for the devkit's file of answers; if nil, that file isn't written.
  public var classNumbers: ClassNumbers?

  public init(
    _ setting: JobSetting, pictures: PictureList, options: LocalisationOptions = LocalisationOptions(), maps: Maps,
    crops: TestCrops = .ten, keepsMaps: Bool = true, blackList: Set<Int> = [], classNumbers: ClassNumbers? = nil
  ) {
    (self.setting, self.pictures, self.options, self.maps) = (setting, pictures, options, maps)
    (self.crops, self.keepsMaps, self.blackList, self.classNumbers) = (crops, keepsMaps, blackList, classNumbers)
  }

  /// Without their maps pictures can't be drawn again, and all are drawn in the same way.
  package var drawing: MapDrawing { keepsMaps ? .chosen(nil) : .fixed }

  package func check() throws {
    if let obstacle = options.obstacle { throw ResultsError(.wrongUse, obstacle) }
    if case .stored(let stored) = maps, FilePath.isSame(stored.folder, output) {
      throw ResultsError(
        .wrongUse, "--saliency \(stored.folder) is the output folder itself, whose results would go; choose another --output")
    }
    for wnid in network.classes { _ = try classNumbers?.number(of: wnid) }
  }

  package func parameters(_ communicator: Communicator) throws -> [String: ParameterValue] {
    let hasBoxes: Bool = try communicator.onFirst(.reading) { pictures.contains { $0.annotation != nil } }
    var parameters = network.spec.geometry.parameters
    switch maps {
    case .method(let method): parameters.merge(method.parameters.merging(["crops": .number(Double(crops.count))]) { $1 }) { $1 }
    case .stored(let stored): parameters.merge(stored.ownParameters) { $1 }
    }
    parameters.merge(options.parameters) { $1 }
    parameters.merge(["maps_kept": .flag(keepsMaps), "annotations": .flag(hasBoxes)]) { $1 }
    return parameters
  }

  /// The crops of one picture fill a batch.
  package func itemsAtOnce(share: Int) -> Int { 1 }

  package func items(_ earlier: EarlierResults) throws -> [WorkItem<Annotation?>] {
    try earlier.workItems(of: pictures, \.annotation)
  }

  package func prepare(_ item: WorkItem<Annotation?>, _ decoder: PictureDecoder) throws -> LocalisationInput {
    try LocalisationInput(item.pictureSource, stream: item.stream, of: self, decoder)
  }

  package func makeEngine(_ most: Int) -> LocalisationEngine { LocalisationEngine(self) }

  package func compute(
    _ ready: [(item: WorkItem<Annotation?>, prepared: LocalisationInput)], with engine: LocalisationEngine
  ) throws -> [LocalisedObjects]? {
    try ready.map { try engine.objects(in: $0.prepared) }
  }

  package func present(
    _ found: LocalisedObjects, of item: WorkItem<Annotation?>, _ prepared: LocalisationInput, drawn rendering: SaliencyRendering
  ) throws -> ItemResult<LocalisationFacts> {
    LocalisedPicture(item: item, frame: prepared.frame, found: found, localiser: prepared.localiser)
      .result(network, keepsMaps: keepsMaps, rendering: rendering)
  }

  package func conclude(
    _ summary: inout JobSummary, in store: ResultStore, engine: LocalisationEngine?, savingSeconds seconds: Double,
    _ communicator: Communicator
  ) throws {
    summary.secondsByPhase = try LocalisationEngine.Phases(engine, write: seconds).summed(over: communicator)
    let before = summary
    summary = try communicator.onFirst {
      var (report, summary) = (LocalisationReport(blackList: blackList), before)
      try Manifest(of: output).forEach(LocalisationFacts.self) { record, _ in report.add(record) }
      try report.write(
        to: store, numbers: classNumbers, names: Dictionary(zip(network.classes, network.classNames)) { first, _ in first })
      report.complete(&summary.findings)
      return summary
    }
  }
}
