import Cluster
import ConvNet
import Images

/// The command `class-models`: a picture of what the net finds typical of each class, in a result folder.
///
///     let summary = try ClassModelJob(network: net, output: "models", options: options).run(communicator) { done, total in … }
///     try summary.requireComplete()
public struct ClassModelJob {
  public static let command = "class-models"

  public var network: TrainedNetwork
  /// The result folder.
  public var output: String
  /// `all`, or synset ids between commas.
  public var classes: String
  public var options: ClassModelOptions
  public var overwrite: Bool
  /// The most classes that a rank climbs for at a time.
  public var batch: Int
  public var compute: ComputeSettings

  public init(
    network: TrainedNetwork, output: String, classes: String = "all", options: ClassModelOptions, overwrite: Bool = false,
    batch: Int = 16, compute: ComputeSettings = ComputeSettings()
  ) {
    self.network = network
    self.output = output
    self.classes = classes
    self.options = options
    self.overwrite = overwrite
    self.batch = batch
    self.compute = compute
  }

  /// Makes what is missing.
  ///
  /// - Parameter progress: called on rank 0.
  /// - Returns: what was done, the same on all ranks; `requireComplete()` throws the program's exit code.
  /// - Throws: `VisualizeError` naming an unknown class, or saying why the result folder can't be gone on with.
  /// - Note: collective
  public func run(_ communicator: Communicator, progress: @escaping JobProgress = { _, _ in }) throws -> JobSummary {
    guard options.iterations > 0, options.iterations < 1 << 24 else {
      throw VisualizeError(.wrongUse, "--iterations \(options.iterations) is not in 1 ..< 2^24")
    }
    let indices = try network.indices(of: classes)
    let header = ResultHeader(command: Self.command, parameters: options.parameters, net: network)
    let store = ResultStore(folder: output, header: header)
    let most = min(batch, (indices.count + communicator.size - 1) / communicator.size)
    let job = ResultJob(store: store, overwrite: overwrite, batch: most, communicator: communicator, progress: progress)
    var ascent: ClassModelAscent?
    return try job.run(
      prefetches: false,
      list: { _ in indices.map { WorkItem(name: ItemNames.safe(network.classes[$0]), classIndex: $0) } },
      prepare: { items in items.map { .success($0.classIndex ?? 0) } },
      process: { ready in
        // A rank that gets no item needs no buffers.
        let ascent = ascent ?? makeAscent(&ascent, batch: most)
        guard let models = ascent.run(classes: ready.map(\.prepared), shouldStop: { StopRequest.isRequested }) else { return nil }
        return try zip(ready, models).map { entry, model in
          let result = try self.result(model, name: entry.item.name)
          try store.save(result)
          return .done(result.record)
        }
      })
  }

  private func makeAscent(_ ascent: inout ClassModelAscent?, batch: Int) -> ClassModelAscent {
    let made = ClassModelAscent(
      network.parameters, mean: network.mean, options: options, batch: batch, compute: compute)
    ascent = made
    return made
  }

  private func result(_ model: ClassModel, name: String) throws -> ItemResult {
    let shape = network.network.input
    let record = ResultRecord(
      item: name, kind: Self.command, classIndex: model.classIndex, score: model.score, posterior: model.posterior,
      top: model.topClasses, net: network, warning: model.warning)
    return ItemResult(
      record: record,
      dataSets: [
        .init(path: "/image", shape: [shape.channels, shape.height, shape.width], values: model.image),
        .init(path: "/score_trace", shape: [model.scoreTrace.count], values: model.scoreTrace),
      ],
      attributes: ["lambda": .number(Double(model.lambda))],
      picture: Picture(planes: zip(model.image, network.mean).map { $0 + $1 }, shape: shape))
  }
}

extension ClassModelOptions {
  /// As they are kept with the results.
  var parameters: [String: ParameterValue] {
    [
      "mode": .text(mode.rawValue), "iterations": .number(Double(iterations)), "step": .number(step),
      "finalStep": .number(finalStep), "regularisation": .number(regularisation), "decay": .number(decay), "blur": .number(blur),
      "finalBlur": .number(finalBlur), "blurInterval": .number(Double(blurInterval)), "jitter": .number(Double(jitter)),
      "clips": .flag(clips), "seed": .text("\(seed)"),
    ]
  }
}
