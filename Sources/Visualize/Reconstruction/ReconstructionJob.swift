import Attribution
import Cluster
import ConvNet
import Files
import Images
import Results

/// The command `reconstruct`: the strongest units of a layer for each picture, taken back to the pixels, in a result folder.
public struct ReconstructionJob: PictureJob {
  package static let kind: JobKind = {
    var kind = JobKind("reconstruct", title: "Reconstructions")
    kind.lead = { _, _ in
      "What excites units of a layer: their activation taken back to the pixels, and beside it the same part of the picture."
    }
    kind.sheet = .own
    return kind
  }()

  public var setting: JobSetting
  public var pictures: PictureList
  public var layer: String
  public var rule: ReLURule
  public var units: UnitChoice

  public init(
    _ setting: JobSetting, pictures: PictureList, layer: String, rule: ReLURule = .deconvnet, units: UnitChoice = UnitChoice()
  ) {
    (self.setting, self.pictures, self.layer, self.rule, self.units) = (setting, pictures, layer, rule, units)
  }

  package func check() throws { try units.check(layer, network.network.shapes[network.network.index(of: layer) + 1]) }

  package func prepare(_ item: WorkItem<NoFacts>, _ decoder: PictureDecoder) throws -> TestPicture {
    try TestPicture(contentsOf: item.pictureSource.path, decoder: decoder, geometry: network.spec.geometry)
  }

  package func makeEngine(_ most: Int) throws -> Reconstructor {
    try Reconstructor(
      network.parameters, layer: layer, rule: rule, batch: most, compute: setting.compute, progress: { Activity.enter(.item) })
  }

  /// A picture's strongest units and classes.
  package struct Found {
    let top: [RankedClass]
    var patches: [Patch] = []
  }

  package func compute(
    _ ready: [(item: WorkItem<NoFacts>, prepared: TestPicture)], with reconstructor: Reconstructor
  ) throws -> [Found]? {
    let (scores, activations) = try reconstructor.forward(ready.map(\.prepared), mean: network.mean)
    var found = ready.indices.map { Found(top: RankedClass.top(5, of: scores[$0])) }
    let chosen = ready.indices.map { units.units(in: activations[$0], reconstructor.shape) }
    for number in 0..<(chosen.first?.count ?? 0) {
      let patches = try reconstructor.reconstruct(chosen.map { $0[number] })
      for (slot, patch) in patches.enumerated() { found[slot].patches.append(patch) }
    }
    return found
  }

  package func present(
    _ found: Found, of item: WorkItem<NoFacts>, _ picture: TestPicture, drawn rendering: SaliencyRendering
  ) throws -> ItemResult<NoFacts> {
    let (crop, top) = (picture.shown, found.top)
    var record = CommonFacts(
      item: item.name, kind: Self.command, classIndex: top[0].index, score: top[0].score, posterior: top[0].posterior,
      top: top, net: network)
    record.inputSHA256 = picture.inputDigest(mean: network.mean)
    let sheet = try PatchSheet.picture(found.patches.map { ($0, crop) }, columns: Patch.columns(found.patches.count))
    return ItemResult(
      ResultRecord(record, NoFacts()), dataSets: found.patches.dataSets, attributes: picture.attributes,
      picture: crop.beside(sheet).png)
  }

  package func parameters(_ communicator: Communicator) -> [String: ParameterValue] { parameters }

  var parameters: [String: ParameterValue] {
    var all: [String: ParameterValue] = [
      "layer": .text(layer), "method": .text(rule.rawValue), "units": .number(Double(units.count)),
    ]
    all.merge(network.spec.geometry.parameters) { $1 }
    if let channel = units.channel { all["channel"] = .number(Double(channel)) }
    if let place = units.place { all["unit"] = .text("\(place.y),\(place.x)") }
    return all
  }
}

extension Patch {
  /// The number of columns that makes a figure about square.
  static func columns(_ count: Int) -> Int { max(1, Int(Double(count).squareRoot().rounded(.up))) }
}

extension [Patch] {
  /// The datasets `/reconstructions` [units, 3, rows, columns]; `/units` [units, 4]: channel, y, x, activation; and `/fields`
  /// [units, 4]: top, left, height and width of what each unit sees, in pixels of the crop.
  var dataSets: [ItemResult<NoFacts>.DataSet] {
    guard let shape = first?.shape else { return [] }
    return [
      .init(path: "/reconstructions", shape: [count, 3, shape.height, shape.width], values: flatMap(\.values)),
      .init(path: "/units", shape: [count, 4], values: flatMap(\.unit.row)),
      .init(
        path: "/fields", shape: [count, 4],
        values: flatMap { [$0.rows.lowerBound, $0.columns.lowerBound, $0.rows.count, $0.columns.count].map(Float.init) }),
    ]
  }
}

extension TestPicture {
  /// Reads picture files, with one crop per file.
  static func read(_ paths: [FileName], _ network: TrainedNetwork) -> [Result<TestPicture, any Error>] {
    let decoder = Result { try PictureDecoder() }
    return paths.map { path in
      Result { try TestPicture(contentsOf: path, decoder: decoder.get(), geometry: network.spec.geometry) }
    }
  }
}
