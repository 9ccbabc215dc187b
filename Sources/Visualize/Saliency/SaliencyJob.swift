import Attribution
import Cluster
import ConvNet
import DataSets
import Files
import Images
import Results

/// The command `saliency`: makes maps of how much each pixel of a picture matters for a class, in a result folder.
public struct SaliencyJob: PictureJob {
  package static let kind: JobKind = {
    var kind = JobKind("saliency", title: "Saliency maps")
    kind.lead = { _, rendering in
      "Each picture, and how much every pixel of it matters for the score of a class"
        + (rendering?.overlay == nil ? "." : "; on the right the same in colours over the picture.")
    }
    kind.redraw = redrawn
    return kind
  }()

  /// The class whose score is explained.
  public enum ClassChoice: Sendable, Hashable, CustomStringConvertible {
    /// The class with the highest score.
    case top1
    /// The picture's true class, as its folder says. Pictures without a known class fail.
    case truth
    /// The same class for all pictures.
    case wnid(String)

    /// Reads an option's text: `top1`, `truth` or a synset id.
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

  public var setting: JobSetting
  public var pictures: PictureList
  public var classChoice: ClassChoice
  public var method: any SaliencyMethod
  public var crops: TestCrops
  /// How maps are drawn. If nil: as in the pictures that are in the folder already, or else by default.
  public var rendering: SaliencyRendering?

  public init(
    _ setting: JobSetting, pictures: PictureList, classChoice: ClassChoice = .top1, method: any SaliencyMethod,
    crops: TestCrops = .centre, rendering: SaliencyRendering? = nil
  ) {
    (self.setting, self.pictures, self.classChoice) = (setting, pictures, classChoice)
    (self.method, self.crops, self.rendering) = (method, crops, rendering)
  }

  package var drawing: MapDrawing { .chosen(rendering) }

  package func check() throws { if case .wnid(let wnid) = classChoice { _ = try network.index(of: wnid) } }

  package func parameters(_ communicator: Communicator) -> [String: ParameterValue] {
    let own: [String: ParameterValue] = [
      "class": .text("\(classChoice)"), "crops": .number(Double(crops.count)),
    ]
    return own.merging(method.parameters) { $1 }.merging(network.spec.geometry.parameters) { $1 }
  }

  package func prepare(_ item: WorkItem<NoFacts>, _ decoder: PictureDecoder) throws -> ExplainedPicture {
    let source = try item.pictureSource
    let classIndex: Int?
    switch classChoice {
    case .top1: classIndex = nil
    case .wnid(let wnid): classIndex = try network.index(of: wnid)
    case .truth:
      guard let truth = source.truth else {
        throw ResultsError(
          .badData,
          "\(source.path.written): its class isn't known: its folder isn't named like one; give --annotations, or --class top1")
      }
      classIndex = try network.index(of: truth)
    }
    let picture = try TestPicture(contentsOf: source.path, decoder: decoder, geometry: network.spec.geometry, crops: crops)
    return ExplainedPicture(picture: picture, classIndex: classIndex, stream: item.stream)
  }

  package func makeEngine(_ most: Int) throws -> SaliencyMapper {
    try SaliencyMapper(
      network.parameters, method: method, batch: min(setting.batch, most * crops.count), compute: setting.compute,
      progress: { Activity.enter(.item) })
  }

  package func compute(
    _ ready: [(item: WorkItem<NoFacts>, prepared: ExplainedPicture)], with mapper: SaliencyMapper
  ) throws -> [SaliencyMap]? {
    try mapper.maps(of: ready.map(\.prepared), mean: network.mean)
  }

  package func present(
    _ map: SaliencyMap, of item: WorkItem<NoFacts>, _ prepared: ExplainedPicture, drawn rendering: SaliencyRendering
  ) throws -> ItemResult<NoFacts> {
    let picture = prepared.picture
    let isFlat = map.map.allSatisfy { $0 == 0 }
    let isBroken = !map.map.allSatisfy { $0.isFinite }
    var record = CommonFacts(
      item: item.name, kind: Self.command, classIndex: map.classIndex, score: map.score, posterior: map.posterior,
      top: map.topClasses, net: network,
      warning: isFlat ? "the map is exactly zero" : isBroken ? "the map has values that are no finite numbers" : nil)
    record.inputSHA256 = picture.inputDigest(mean: network.mean)
    var dataSets = [ItemResult<NoFacts>.DataSet(path: "/map", shape: [map.size.height, map.size.width], values: map.map)]
    if crops == .centre {
      let shape = picture.shape
      let input = picture.input(picture.places[0], mean: network.mean)
      dataSets.append(.init(path: "/input", shape: [shape.channels, shape.height, shape.width], values: input))
    }
    return ItemResult(
      ResultRecord(record, NoFacts()), dataSets: dataSets,
      attributes: picture.attributes.merging(map.notes.mapValues(ParameterValue.number)) { $1 },
      picture: rendering.result(map.map, on: picture.shown).png)
  }

  /// Draws the picture and its map again.
  private static func redrawn(_ result: StoredResult, _ rendering: SaliencyRendering) throws -> Picture {
    let (map, shape) = try result.file().readFloats("/map")
    let crops = TestCrops(rawValue: try result.header.count("crops", in: 1...10, folder: result.folder)) ?? .centre
    let picture = try TestPicture(result.picture().prepared, geometry: result.geometry(), crops: crops)
    guard shape == [picture.frame.height, picture.frame.width] else { throw result.mismatch }
    return rendering.result(map, on: picture.shown)
  }
}
