import Attribution
import Cluster
import ConvNet
import DataSets
import Files
import Images

/// The command `assess`: how far the maps of saliency methods may be trusted, by pictures whose objects are known.
///
/// Of each picture's centre crop, for its true class: the pointing game, insertion and deletion for every method and for two
/// baselines; and for some of the pictures how alike the maps stay when layers of the net are put back to random weights.
public struct AssessmentJob {
  public static let command = "assess"
  static let baselines = ["centre", "random"]

  public var network: TrainedNetwork
  /// Those without a box of a class that the net knows are left out.
  public var pictures: PictureList
  /// For the summary.
  public var annotationFaults: [AnnotationFault] = []
  /// The result folder.
  public var output: String
  /// Names of methods, with their default options.
  public var methods: [String]
  /// Pixels that come or go at a time in insertion and deletion.
  public var step: Int
  /// Of so many pictures, the first, the maps of randomised nets are compared.
  public var randomised: Int
  public var seed: UInt64
  public var overwrite: Bool
  public var batch: Int
  public var compute: ComputeSettings

  public init(
    network: TrainedNetwork, pictures: PictureList, output: String,
    methods: [String] = SaliencyMethods.names, step: Int? = nil, randomised: Int = 10, seed: UInt64 = 0, overwrite: Bool = false,
    batch: Int = 16, compute: ComputeSettings = ComputeSettings()
  ) {
    self.network = network
    self.pictures = pictures
    self.output = output
    self.methods = methods
    self.step = step ?? network.network.input.width
    self.randomised = randomised
    self.seed = seed
    self.overwrite = overwrite
    self.batch = batch
    self.compute = compute
  }

  private struct Prepared: Sendable {
    let explained: ExplainedPicture
    let boxes: [BoundingBox]
  }

  /// Makes what is missing, then the tables `assessment.csv`, `assessment.html` and `randomisation.csv` of all.
  ///
  /// - Parameter progress: called on rank 0.
  /// - Throws: `VisualizeError` when no picture has a box of a known class, or naming an unknown method.
  /// - Note: collective; the pictures of rank 0 count.
  public func run(_ communicator: Communicator, progress: @escaping JobProgress = { _, _ in }) throws -> JobSummary {
    let made = try methods.map { (name: $0, method: try SaliencyMethods.make($0, for: network.network)) }
    let store = ResultStore(
      folder: output, header: ResultHeader(command: Self.command, parameters: parameters, net: network, compute: compute))
    // The batch of the plans is the same on any number of ranks: so are the results.
    let job = ResultJob(
      store: store, overwrite: overwrite, batch: batch, communicator: communicator,
      annotationFaults: annotationFaults, progress: progress,
      passedOver: pictures.passedOver)
    var worker: AssessmentWorker?
    let summary = try job.run(
      prefetches: true, list: list,
      prepare: { [network] items in Self.prepare(items, network) },
      process: { ready in
        let current =
          try worker
          ?? AssessmentWorker(
            network, methods: made, step: step, randomises: randomised > 0, seed: seed, batch: batch, compute: compute)
        worker = current
        let pictures = ready.map {
          AssessmentWorker.Picture(
            explained: $0.prepared.explained, boxes: $0.prepared.boxes, isSampled: $0.item.isSampled ?? false)
        }
        return try zip(ready, current.assess(pictures)).map { entry, measured in
          let result = result(measured, entry.item, entry.prepared.explained.picture)
          return .done(try store.save(result, of: entry.item))
        }
      })
    try communicator.onFirst {
      try AssessmentTable(results: store, methods: methods, stages: RandomisedNetwork.stages(of: network.parameters)).write()
    }
    return summary
  }

  private func list(_ earlier: EarlierResults) throws -> [WorkItem] {
    let known = Set(network.classes)
    let labelled = pictures.compactMap { file in
      file.annotation?.boxes.first { known.contains($0.wnid) }.map { (file: file, wnid: $0.wnid) }
    }
    guard !labelled.isEmpty else {
      throw VisualizeError(
        .badData, "none of the \(pictures.count) pictures has a box of a class that the net knows; look at --annotations")
    }
    return zip(labelled, try earlier.workItems(of: labelled.map(\.file))).enumerated().map { index, found in
      var item = found.1
      (item.truth, item.isSampled) = (found.0.wnid, index < randomised)
      return item
    }
  }

  private static func prepare(_ items: [WorkItem], _ network: TrainedNetwork) -> [Result<Prepared, any Error>] {
    zip(items, TestPicture.prepare(items, network)).map { item, read in
      Result {
        let picture = try read.get()
        guard let truth = item.truth, let annotation = item.annotation, let source = item.source else {
          throw VisualizeError(.badData, "\(item.source ?? item.name) has no boxes")
        }
        let explained = ExplainedPicture(
          picture: picture, classIndex: try network.index(of: truth), stream: item.stream)
        let boxes = annotation.boxes(in: try PictureFrame(contentsOf: FileName(written: source))).boxes.filter { $0.wnid == truth }
        guard !boxes.isEmpty else {
          throw VisualizeError(.badData, "\(source): none of its boxes of \(truth) is in the picture; correct its annotation")
        }
        return Prepared(explained: explained, boxes: boxes)
      }
    }
  }

  private func result(_ measured: AssessmentWorker.Measured, _ item: WorkItem, _ picture: TestPicture) -> ItemResult {
    let map = measured.maps[0]
    var record = ResultRecord(
      item: item.name, kind: Self.command, classIndex: map.classIndex, score: map.score, posterior: map.posterior,
      top: map.topClasses, net: network, source: item.source, truth: item.truth)
    record.inputSHA256 = picture.inputDigest(mean: network.mean)
    let rows = methods.count + Self.baselines.count
    var dataSets = [ItemResult.DataSet(path: "/measures", shape: [rows, 3], values: measured.measures)]
    if !measured.spearman.isEmpty {
      let shape = [methods.count, measured.spearman.count / methods.count]
      dataSets.append(.init(path: "/spearman", shape: shape, values: measured.spearman))
      dataSets.append(.init(path: "/ssim", shape: shape, values: measured.similarity))
    }
    let pictures = measured.maps.map { SaliencyRendering().picture(of: $0.map, width: $0.size.width, height: $0.size.height) }
    return ItemResult(
      record: record, dataSets: dataSets, attributes: picture.attributes,
      picture: Picture.grid([picture.shown] + pictures, columns: 3, gap: Picture.gap))
  }

  private var parameters: [String: ParameterValue] {
    [
      "methods": .text(methods.joined(separator: ",")), "step": .number(Double(step)),
      "randomised": .number(Double(randomised)), "seed": .text("\(seed)"), "tolerance": .number(PointingGame.tolerance),
      "blur": .number(PixelCurves.sigma),
    ].merging(network.spec.geometry.parameters) { $1 }
  }
}
