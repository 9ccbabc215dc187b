import Attribution
import Cluster
import ConvNet
import Files
import Foundation
import HDF5
import Images
import Results

/// The command `nearest`: shows beside each class model the training pictures of its class that the net finds most similar, by
/// the Euclidean distance between a layer's activations for the centre crops.
///
/// A class model that shows what the class has in common is far from all of them. One that is near to a single picture repeats
/// that picture.
public struct NearestJob: VisualisationJob {
  package static let kind: JobKind = {
    var kind = JobKind("nearest", title: "Nearest pictures")
    kind.lead = { header, _ in
      "Each class model, and the pictures of its class whose activations of \(header.parameters["layer"]?.description ?? "a layer") "
        + "are nearest to its own, the nearest first."
    }
    (kind.page.style, kind.page.isNamedByClass) = ("maps wide", true)
    kind.page.alternative = { "The class model of \($0.name) (\($0.class)), and the pictures nearest to it" }
    return kind
  }()

  /// A picture near a class model.
  public struct Neighbour: Sendable, Hashable, Codable {
    /// The picture's path within the folder that was given, as `FileName` writes it.
    public var picture: String
    public var distance: Float
  }

  public struct Facts: RecordFacts {
    /// The neighbours, nearest first.
    public var neighbours: [Neighbour]
  }

  /// A class model, and the pictures of its class.
  package struct Subject: Codable, Sendable {
    let model: String
    let pictures: [PictureSource]
  }

  /// A class model as a rank has read it.
  package struct Model: Sendable {
    let record: CommonFacts
    /// `[3, H, W]`, with the mean subtracted.
    let image: [Float]
  }

  package struct Found {
    let neighbours: [Neighbour]
    /// The crops that entered the net.
    let crops: [Picture]
  }

  public var setting: JobSetting
  /// A result folder of `class-models` with the same net.
  public var classModels: String
  /// The pictures of the training set; see `PictureList.find`.
  public var pictures: PictureList
  /// The layer whose activations are compared.
  public var layer: String
  /// The number of pictures beside each class model.
  public var neighbours: Int

  public init(_ setting: JobSetting, classModels: String, pictures: PictureList, layer: String, neighbours: Int = 4) {
    (self.setting, self.classModels, self.pictures) = (setting, classModels, pictures)
    (self.layer, self.neighbours) = (layer, neighbours)
  }

  package var findings: JobFindings { JobFindings(pictures) }
  package var prefetches: Bool { false }
  package var count: Int { get throws { try Manifest(of: classModels).latest().count } }

  /// - Throws: `NetworkError` that names an unknown layer, `ResultsError` if there are no class models of this net.
  package func check() throws {
    _ = try network.network.index(of: layer)
    let path = (classModels as NSString).appendingPathComponent(ResultStore.parametersFile)
    guard let header = try ResultJSON.file(ResultHeader.self, path), header.command == ClassModelJob.command else {
      throw ResultsError(.badData, "\(classModels) has no class models; give a result folder of class-models")
    }
    guard header.checkpointSHA256 == network.digest else {
      throw ResultsError(
        .wrongUse,
        "the class models of \(classModels) are of the checkpoint \(header.checkpointFile) with another SHA-256; give that one")
    }
  }

  /// Other class models, or another list of pictures, make a different job.
  package func parameters(_ communicator: Communicator) throws -> [String: ParameterValue] {
    let digests: [String] = try communicator.onFirst(.reading) {
      let manifest = Manifest(of: classModels)
      let lines = try manifest.latest().sorted { $0.key < $1.key }.map {
        String(decoding: try manifest.bytes(of: $0.value), as: UTF8.self)
      }
      return [lines.joined(), pictures.map(\.name.written).joined(separator: "\n")].map(SHA256.hex)
    }
    let own: [String: ParameterValue] = [
      "layer": .text(layer), "neighbours": .number(Double(neighbours)), "class_models": .text(digests[0]),
      "pictures": .text(digests[1]),
    ]
    return own.merging(network.spec.geometry.parameters) { $1 }
  }

  package func itemsAtOnce(share: Int) -> Int { 1 }

  package func items(_ earlier: EarlierResults) throws -> [WorkItem<Subject>] {
    var models: [(model: String, class: String)] = []
    for (model, line) in try Manifest(of: classModels).latest().sorted(by: { $0.key < $1.key }) {
      models.append((model, try Manifest(of: classModels).record(at: line).class))
    }
    let ofClass = Dictionary(grouping: pictures.map(\.asSource)) { $0.truth ?? "" }
    let names = earlier.items(named: models.map { ItemNames.name(of: $0.model) })
    return zip(names, models).map { WorkItem(name: $0, subject: Subject(model: $1.model, pictures: ofClass[$1.class] ?? [])) }
  }

  package func prepare(_ item: WorkItem<Subject>, _ decoder: PictureDecoder) throws -> Model {
    let path = (classModels as NSString).appendingPathComponent(item.subject.model + ".h5")
    let file = try ResultDamage.open(item.subject.model, in: classModels, madeBy: ClassModelJob.command)
    let input = network.network.input
    let (image, shape) = try file.readFloats("/image")
    guard shape == [input.channels, input.height, input.width], case .string(let text)? = try file.attribute("record"),
      let record = ResultJSON.value(ResultRecord<NoFacts>.self, text)
    else { throw ResultsError(.badData, "\(path) is no class model of \(input); make it again with class-models") }
    guard !item.subject.pictures.isEmpty else {
      throw ResultsError(.badData, "no picture is of the class \(record.class): pictures in a folder of that name are")
    }
    return Model(record: record.common, image: image)
  }

  package func makeEngine(_ most: Int) throws -> ScoreFunction {
    try ScoreFunction(network.parameters, batch: setting.batch, compute: setting.compute) { Activity.enter(.item) }
  }

  package func compute(
    _ ready: [(item: WorkItem<Subject>, prepared: Model)], with score: ScoreFunction
  ) throws -> [Found]? {
    var found: [Found] = []
    for (item, model) in ready {
      guard let nearest = try nearest(to: model.image, among: item.subject.pictures, score) else { return nil }
      found.append(nearest)
    }
    return found
  }

  /// Finds the pictures with the least distance, one batch at a time. A picture that can't be read fails the item.
  ///
  /// - Returns: nil if it was stopped on request.
  private func nearest(to model: [Float], among pictures: [PictureSource], _ score: ScoreFunction) throws -> Found? {
    let images = try Tensor(count: score.batch, shape: network.network.input)
    func activations(_ count: Int) throws -> [[Float]] {
      _ = score.scores(of: images.prefix(count))
      let found = try score.activations(of: layer)
      return (0..<count).map { Array(found[$0]) }
    }
    _ = images[0].update(fromContentsOf: model)
    let own = try activations(1)[0]
    let decoder = try PictureDecoder()
    var nearest: [(neighbour: Neighbour, crop: Picture)] = []
    for start in stride(from: 0, to: pictures.count, by: score.batch) {
      if StopRequest.isRequested { return nil }
      let part = pictures[start..<min(start + score.batch, pictures.count)]
      var crops: [Picture] = []
      for (slot, source) in part.enumerated() {
        let picture = try TestPicture(contentsOf: source.path, decoder: decoder, geometry: network.spec.geometry)
        _ = images[slot].update(fromContentsOf: picture.input(picture.places[0], mean: network.mean))
        crops.append(picture.shown)
      }
      for ((source, crop), other) in zip(zip(part, crops), try activations(part.count)) {
        let square = zip(own, other).reduce(0.0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }
        nearest.append((Neighbour(picture: source.name.written, distance: Float(square.squareRoot())), crop))
      }
      // Equal distances are sorted by name, so that the order doesn't depend on the batch.
      nearest.sort { ($0.neighbour.distance, $0.neighbour.picture) < ($1.neighbour.distance, $1.neighbour.picture) }
      nearest = Array(nearest.prefix(neighbours))
    }
    return Found(neighbours: nearest.map(\.neighbour), crops: nearest.map(\.crop))
  }

  /// Makes the dataset `/distances`, and the figure of the pictures beside the class model.
  package func present(
    _ found: Found, of item: WorkItem<Subject>, _ model: Model, drawn rendering: SaliencyRendering
  ) throws -> ItemResult<Facts> {
    var record = model.record
    (record.item, record.kind) = (item.name, Self.command)
    let shown = Picture(planes: zip(model.image, network.mean).map { $0 + $1 }, shape: network.network.input)
    return ItemResult(
      ResultRecord(record, Facts(neighbours: found.neighbours)),
      dataSets: [.init(path: "/distances", shape: [found.neighbours.count], values: found.neighbours.map(\.distance))],
      picture: found.crops.reduce(shown) { $0.beside($1) }.png)
  }
}
