import Attribution
import Cluster
import ConvNet
import DataSets
import Files
import Images

/// The command `saliency`: how much each pixel of pictures matters for a class, in a result folder.
public struct SaliencyJob {
  public static let command = "saliency"

  /// The class whose score is explained.
  public enum ClassChoice: Sendable, Hashable, CustomStringConvertible {
    /// The one of highest score.
    case top1
    /// What is in the picture, as its folder says; a picture that doesn't know fails.
    case truth
    /// Always that one.
    case wnid(String)

    /// Of an option's text: `top1`, `truth` or a synset id.
    public init(_ text: String) {
      self =
        switch text {
        case "top1": .top1
        case "truth": .truth
        default: .wnid(text)
        }
    }

    public var description: String {
      switch self {
      case .top1: "top1"
      case .truth: "truth"
      case .wnid(let wnid): wnid
      }
    }
  }

  public var network: TrainedNetwork
  /// See `PictureList.find`.
  public var pictures: PictureList
  /// The result folder.
  public var output: String
  public var classChoice: ClassChoice
  public var method: any SaliencyMethod
  public var crops: TestCrops
  /// Nil: as the pictures that are in the folder already, else by default.
  public var rendering: SaliencyRendering?
  public var overwrite: Bool
  /// For the summary.
  public var annotationFaults: [AnnotationFault] = []
  /// The most pictures that a rank takes at a time, and the most crops that it computes together.
  public var batch: Int
  public var compute: ComputeSettings

  public init(
    network: TrainedNetwork, pictures: PictureList, output: String, classChoice: ClassChoice = .top1,
    method: any SaliencyMethod, crops: TestCrops = .centre, rendering: SaliencyRendering? = nil,
    overwrite: Bool = false, batch: Int = 16, compute: ComputeSettings = ComputeSettings()
  ) {
    self.network = network
    self.pictures = pictures
    self.output = output
    self.classChoice = classChoice
    self.method = method
    self.crops = crops
    self.rendering = rendering
    self.overwrite = overwrite
    self.batch = batch
    self.compute = compute
  }

  /// Makes what is missing. A picture that can't be read is a failure in the summary, and all others are done.
  ///
  /// - Parameter progress: called on rank 0.
  /// - Returns: what was done, the same on all ranks; `requireComplete()` throws the program's exit code.
  /// - Throws: `VisualizeError` naming an unknown class, or saying why the result folder can't be gone on with.
  /// - Note: collective; the pictures of rank 0 count.
  public func run(_ communicator: Communicator, progress: @escaping JobProgress = { _, _ in }) throws -> JobSummary {
    if case .wnid(let wnid) = classChoice { _ = try network.index(of: wnid) }
    let rendering = try ResultStore.rendering(rendering, in: output, overwrite: overwrite, communicator)
    let store = ResultStore(
      folder: output, header: ResultHeader(command: Self.command, parameters: parameters, net: network, compute: compute),
      rendering: rendering)
    let count: Int = try communicator.broadcast(communicator.rank == 0 ? pictures.count : nil)
    let most = max(1, min(batch, (count + communicator.size - 1) / communicator.size))
    let job = ResultJob(
      store: store, overwrite: overwrite, batch: most, communicator: communicator,
      annotationFaults: annotationFaults, progress: progress,
      passedOver: pictures.passedOver)
    var made: SaliencyMapper?
    return try job.run(
      prefetches: true,
      list: { try $0.workItems(of: pictures) },
      prepare: { [network, classChoice, crops] items in Self.prepare(items, network, classChoice, crops) },
      process: { ready in
        // A rank that gets no item needs no buffers.
        let mapper =
          try made
          ?? SaliencyMapper(
            network.parameters, method: method, batch: min(batch, most * crops.count), compute: compute,
            progress: { Activity.enter(.item) })
        made = mapper
        let maps = try mapper.maps(of: ready.map(\.prepared), mean: network.mean)
        return try zip(ready, maps).map { entry, map in
          let result = self.result(map, entry.item, entry.prepared.picture, rendering)
          return .done(try store.save(result, of: entry.item))
        }
      })
  }

  private static func prepare(
    _ items: [WorkItem], _ network: TrainedNetwork, _ choice: ClassChoice, _ crops: TestCrops
  ) -> [Result<ExplainedPicture, any Error>] {
    let decoder = Result { try PictureDecoder() }
    return items.map { item in
      Result {
        guard let source = item.source else { throw VisualizeError(.badData, "\(item.name) has no picture") }
        let classIndex: Int?
        switch choice {
        case .top1: classIndex = nil
        case .wnid(let wnid): classIndex = try network.index(of: wnid)
        case .truth:
          guard let truth = item.truth else {
            throw VisualizeError(
              .badData, "\(source): its class isn't known: its folder isn't named like one; give --annotations, or --class top1")
          }
          classIndex = try network.index(of: truth)
        }
        let picture = try TestPicture(contentsOf: source, decoder: decoder.get(), geometry: network.spec.geometry, crops: crops)
        return ExplainedPicture(picture: picture, classIndex: classIndex, stream: item.stream)
      }
    }
  }

  private func result(
    _ map: SaliencyMap, _ item: WorkItem, _ picture: TestPicture, _ rendering: SaliencyRendering
  ) -> ItemResult {
    let isFlat = map.map.allSatisfy { $0 == 0 }
    let isBroken = !map.map.allSatisfy { $0.isFinite }
    var record = ResultRecord(
      item: item.name, kind: Self.command, classIndex: map.classIndex, score: map.score, posterior: map.posterior,
      top: map.topClasses, net: network, source: item.source, truth: item.truth,
      warning: isFlat ? "the map is exactly zero" : isBroken ? "the map has values that are no finite numbers" : nil)
    record.inputSHA256 = picture.inputDigest(mean: network.mean)
    var dataSets = [ItemResult.DataSet(path: "/map", shape: [map.size.height, map.size.width], values: map.map)]
    if crops == .centre {
      let shape = picture.shape
      let input = picture.input(picture.places[0], mean: network.mean)
      dataSets.append(.init(path: "/input", shape: [shape.channels, shape.height, shape.width], values: input))
    }
    return ItemResult(
      record: record, dataSets: dataSets,
      attributes: picture.attributes.merging(map.notes.mapValues(ParameterValue.number)) { $1 },
      picture: rendering.result(map.map, on: picture.shown))
  }

  /// As they are kept with the results.
  private var parameters: [String: ParameterValue] {
    let own: [String: ParameterValue] = [
      "class": .text("\(classChoice)"), "crops": .number(Double(crops.count)),
    ]
    return own.merging(method.parameters) { $1 }.merging(network.spec.geometry.parameters) { $1 }
  }
}
