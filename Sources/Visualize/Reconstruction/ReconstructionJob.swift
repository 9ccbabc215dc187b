import Attribution
import Cluster
import ConvNet
import Files
import Images

/// The command `reconstruct`: the strongest units of a layer for each picture, taken back to the pixels, in a result folder.
public struct ReconstructionJob {
  public static let command = "reconstruct"

  public var network: TrainedNetwork
  /// See `PictureList.find`.
  public var pictures: PictureList
  /// The result folder.
  public var output: String
  public var layer: String
  public var rule: ReLURule
  public var units: UnitChoice
  public var overwrite: Bool
  /// The most pictures that a rank computes together.
  public var batch: Int
  public var compute: ComputeSettings

  public init(
    network: TrainedNetwork, pictures: PictureList, output: String, layer: String, rule: ReLURule = .deconvnet,
    units: UnitChoice = UnitChoice(), overwrite: Bool = false, batch: Int = 16, compute: ComputeSettings = ComputeSettings()
  ) {
    self.network = network
    self.pictures = pictures
    self.output = output
    self.layer = layer
    self.rule = rule
    self.units = units
    self.overwrite = overwrite
    self.batch = batch
    self.compute = compute
  }

  /// Makes what is missing. A picture that can't be read is a failure in the summary, and all others are done.
  ///
  /// - Parameter progress: called on rank 0.
  /// - Returns: what was done, the same on all ranks.
  /// - Throws: `NetworkError` naming an unknown layer, `VisualizeError` an unknown unit.
  /// - Note: collective; the pictures of rank 0 count.
  public func run(_ communicator: Communicator, progress: @escaping JobProgress = { _, _ in }) throws -> JobSummary {
    try units.check(layer, network.network.shapes[network.network.index(of: layer) + 1])
    let store = ResultStore(
      folder: output, header: ResultHeader(command: Self.command, parameters: parameters, net: network, compute: compute))
    let count: Int = try communicator.broadcast(communicator.rank == 0 ? pictures.count : nil)
    let most = max(1, min(batch, (count + communicator.size - 1) / communicator.size))
    let job = ResultJob(
      store: store, overwrite: overwrite, batch: most, communicator: communicator, progress: progress,
      passedOver: pictures.passedOver)
    var made: Reconstructor?
    return try job.run(
      prefetches: true,
      list: { try $0.workItems(of: pictures) },
      prepare: { [network] items in TestPicture.prepare(items, network) },
      process: { ready in
        let reconstructor =
          try made
          ?? Reconstructor(
            network.parameters, layer: layer, rule: rule, batch: most, compute: compute, progress: { Activity.enter(.item) })
        made = reconstructor
        return try zip(ready, results(ready, reconstructor)).map { .done(try store.save($1, of: $0.item)) }
      })
  }

  private func results(_ ready: [(item: WorkItem, prepared: TestPicture)], _ reconstructor: Reconstructor) throws -> [ItemResult]
  {
    let (scores, activations) = try reconstructor.forward(ready.map(\.prepared), mean: network.mean)
    let tops = ready.indices.map { RankedClass.top(5, of: scores[$0]) }
    let chosen = ready.indices.map { units.units(in: activations[$0], reconstructor.shape) }
    var patches = ready.map { _ in [Patch]() }
    for number in 0..<(chosen.first?.count ?? 0) {
      let found = try reconstructor.reconstruct(chosen.map { $0[number] })
      for (slot, patch) in found.enumerated() { patches[slot].append(patch) }
    }
    return try ready.indices.map { slot in
      let crop = ready[slot].prepared.shown
      let (item, top) = (ready[slot].item, tops[slot])
      var record = ResultRecord(
        item: item.name, kind: Self.command, classIndex: top[0].index, score: top[0].score, posterior: top[0].posterior,
        top: top, net: network, source: item.source, truth: item.truth)
      record.inputSHA256 = ready[slot].prepared.inputDigest(mean: network.mean)
      let sheet = try PatchSheet.picture(patches[slot].map { ($0, crop) }, columns: Patch.columns(patches[slot].count))
      return ItemResult(
        record: record, dataSets: patches[slot].dataSets, attributes: ready[slot].prepared.attributes,
        picture: crop.beside(sheet))
    }
  }

  private var parameters: [String: ParameterValue] {
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
  /// Of a figure that is about square.
  static func columns(_ count: Int) -> Int { max(1, Int(Double(count).squareRoot().rounded(.up))) }
}

extension [Patch] {
  /// `/reconstructions` [units, 3, rows, columns], `/units` [units, 4]: channel, y, x, activation; and `/fields` [units, 4]: top, left,
  /// height and width of what each unit sees, in pixels of the crop.
  var dataSets: [ItemResult.DataSet] {
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
  /// Reads the pictures of items, one crop each.
  static func prepare(_ items: [WorkItem], _ network: TrainedNetwork) -> [Result<TestPicture, any Error>] {
    let decoder = Result { try PictureDecoder() }
    return items.map { item in
      Result {
        guard let source = item.source else { throw VisualizeError(.badData, "\(item.name) has no picture") }
        return try TestPicture(contentsOf: source, decoder: decoder.get(), geometry: network.spec.geometry)
      }
    }
  }
}
