import Attribution
import Cluster
import ConvNet
import DataSets
import Files
import Images
import Results

/// The command `assess`: how far the maps of saliency methods can be trusted, measured on pictures whose objects are known.
///
/// It uses each picture's centre crop and true class. For every method and two baselines it plays the pointing game and measures
/// insertion and deletion. For some of the pictures it measures how similar the maps stay when layers of the net are reset to
/// random weights.
public struct AssessmentJob: PictureJob {
  package static let kind: JobKind = {
    var kind = JobKind("assess", title: "Assessed maps")
    kind.lead = { _, _ in "Each picture and its maps by every method. The tables are in assessment.html." }
    kind.tables = AssessmentTable.files
    return kind
  }()
  static let baselines = ["centre", "random"]

  public var setting: JobSetting
  /// The pictures. Those without a box of a class that the net knows are left out.
  public var pictures: PictureList
  /// The names of methods, which are used with their default options.
  public var methods: [String]
  /// The number of pixels per step of insertion and deletion.
  public var step: Int
  /// The maps of randomised nets are compared for so many pictures, the first ones.
  public var randomised: Int
  /// The costly tests run on so many pictures, the first ones.
  public var costly: Int
  /// True if maps that are made without a net are tested too.
  public var controls: Bool
  public var seed: UInt64

  public init(
    _ setting: JobSetting, pictures: PictureList, methods: [String] = SaliencyMethods.affordable, step: Int? = nil,
    randomised: Int = 10, costly: Int = 50, controls: Bool = false, seed: UInt64 = 0
  ) {
    (self.setting, self.pictures, self.methods) = (setting, pictures, methods)
    (self.step, self.randomised, self.seed) = (step ?? setting.network.network.input.width, randomised, seed)
    (self.costly, self.controls) = (costly, controls)
  }

  /// What a rank must know of a picture.
  package struct Subject: Codable, Sendable {
    let annotation: Annotation
    /// Where the mask of its objects would be: beside the file of its boxes.
    let mask: FileName?
    /// True if the maps of randomised nets are compared for this picture.
    let isSampled: Bool
    /// True if the costly tests run on this picture.
    let runsCostly: Bool
  }

  /// The names of the rows after the methods.
  var others: [String] { Self.baselines + (controls ? ControlMaps.names : []) }

  package func check() throws { _ = try madeMethods() }

  private func madeMethods() throws -> [(name: String, method: any SaliencyMethod)] {
    try methods.map { (name: $0, method: try network.method($0)) }
  }

  /// The batch of the plans doesn't depend on the number of ranks, so the results don't either.
  package func itemsAtOnce(share: Int) -> Int { setting.batch }

  package func items(_ earlier: EarlierResults) throws -> [WorkItem<Subject>] {
    let known = Set(network.classes)
    let labelled = pictures.compactMap { file in
      file.annotation.flatMap { annotation in
        annotation.boxes.first { known.contains($0.wnid) }.map { (file: file, annotation: annotation, wnid: $0.wnid) }
      }
    }
    guard !labelled.isEmpty else {
      throw ResultsError(
        .badData, "none of the \(pictures.count) pictures has a box of a class that the net knows; look at --annotations")
    }
    return zip(labelled, try earlier.workItems(of: labelled.map(\.file)) { _ in NoFacts() }).enumerated().map { index, found in
      var picture = found.1.picture
      picture?.truth = found.0.wnid
      return WorkItem(
        name: found.1.name, picture: picture,
        subject: Subject(
          annotation: found.0.annotation, mask: found.0.file.annotationPath.map(ObjectMask.path), isSampled: index < randomised,
          runsCostly: index < costly))
    }
  }

  package func prepare(_ item: WorkItem<Subject>, _ decoder: PictureDecoder) throws -> AssessmentWorker.Picture {
    let source = try item.pictureSource
    let picture = try TestPicture(contentsOf: source.path, decoder: decoder, geometry: network.spec.geometry)
    let truth = source.truth ?? ""
    let explained = ExplainedPicture(picture: picture, classIndex: try network.index(of: truth), stream: item.stream)
    let all = item.subject.annotation.boxes(in: try PictureFrame(contentsOf: source.path)).boxes
    let boxes = all.filter { $0.wnid == truth }
    guard !boxes.isEmpty else {
      throw ResultsError(
        .badData, "\(source.path.written): none of its boxes of \(truth) is in the picture; correct its annotation")
    }
    let object = try ObjectMask.pixels(item.subject.mask, of: picture, boxes: boxes)
    let area = boxes.reduce(0.0) { $0 + Double($1.xmax + 1 - $1.xmin) * Double($1.ymax + 1 - $1.ymin) }
    let isSmall = area < Double(picture.original.width) * Double(picture.original.height) / 4
    return AssessmentWorker.Picture(
      explained: explained, boxes: boxes, object: object, isSampled: item.subject.isSampled, runsCostly: item.subject.runsCostly,
      isDifficult: isSmall && boxes.count < all.count)
  }

  package func makeEngine(_ most: Int) throws -> AssessmentWorker {
    try AssessmentWorker(
      network, methods: madeMethods(), step: step, randomises: randomised > 0, controls: controls, seed: seed,
      batch: setting.batch, compute: setting.compute)
  }

  package func compute(
    _ ready: [(item: WorkItem<Subject>, prepared: AssessmentWorker.Picture)], with worker: AssessmentWorker
  ) throws -> [AssessmentWorker.Measured]? {
    try worker.assess(ready.map(\.prepared))
  }

  package func present(
    _ measured: AssessmentWorker.Measured, of item: WorkItem<Subject>, _ prepared: AssessmentWorker.Picture,
    drawn rendering: SaliencyRendering
  ) throws -> ItemResult<NoFacts> {
    let picture = prepared.explained.picture
    let map = measured.maps[0]
    var record = CommonFacts(
      item: item.name, kind: Self.command, classIndex: map.classIndex, score: map.score, posterior: map.posterior,
      top: map.topClasses, net: network)
    record.inputSHA256 = picture.inputDigest(mean: network.mean)
    let rows = methods.count + others.count
    var dataSets = [
      ItemResult<NoFacts>.DataSet(path: "/measures", shape: [rows, 3], values: measured.measures),
      .init(path: "/tests", shape: [rows, MapTests.all.count], values: measured.tests),
      .init(path: "/overlaps", shape: [rows, BoxAccuracy.thresholds], values: measured.overlaps),
    ]
    if !measured.spearman.isEmpty {
      let shape = [methods.count, measured.spearman.count / methods.count]
      dataSets.append(.init(path: "/spearman", shape: shape, values: measured.spearman))
      dataSets.append(.init(path: "/ssim", shape: shape, values: measured.similarity))
    }
    let pictures = measured.maps.map { SaliencyRendering().picture(of: $0.map, width: $0.size.width, height: $0.size.height) }
    return ItemResult(
      ResultRecord(record, NoFacts()), dataSets: dataSets, attributes: picture.attributes,
      picture: Picture.grid([picture.shown] + pictures, columns: 3, gap: Picture.gap).png)
  }

  /// Writes the tables over all pictures.
  package func conclude(
    _ summary: inout JobSummary, in store: ResultStore, engine: AssessmentWorker?, savingSeconds seconds: Double,
    _ communicator: Communicator
  ) throws {
    try communicator.onFirst {
      var table = try AssessmentTable(
        results: store, methods: methods, others: others, stages: RandomisedNetwork.stages(of: network.parameters), seed: seed)
      try table.write()
    }
  }

  package func parameters(_ communicator: Communicator) -> [String: ParameterValue] {
    [
      "methods": .text(methods.joined(separator: ",")), "step": .number(Double(step)),
      "randomised": .number(Double(randomised)), "seed": .text("\(seed)"), "tolerance": .number(PointingGame.tolerance),
      "blur": .number(PixelCurves.sigma), "costly": .number(Double(costly)), "controls": .text(controls ? "yes" : "no"),
      "tests": .text(MapTests.all.map(\.name).joined(separator: ",")),
    ].merging(network.spec.geometry.parameters) { $1 }
  }
}
