import Attribution
import Cluster
import ConvNet
import Files
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
  /// `score` or `posterior` of the classes; or objectives between commas instead of them, see `Objective`.
  public var objective: String
  public var options: ClassModelOptions
  public var overwrite: Bool
  /// The most classes that a rank climbs for at a time.
  public var batch: Int
  public var compute: ComputeSettings

  public init(
    network: TrainedNetwork, output: String, classes: String = "all", objective: String = "score",
    options: ClassModelOptions, overwrite: Bool = false, batch: Int = 16, compute: ComputeSettings = ComputeSettings()
  ) {
    self.network = network
    self.output = output
    self.classes = classes
    self.objective = objective
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
    guard options.samples > 0, options.samples <= batch else {
      throw VisualizeError(.wrongUse, "--samples \(options.samples) is not in 1 … --batch \(batch)")
    }
    let objectives = try objectives()
    var parameters = options.parameters
    parameters["objective"] = .text(["score", "posterior"].contains(objective) ? objective : "units")
    let store = ResultStore(
      folder: output, header: ResultHeader(command: Self.command, parameters: parameters, net: network, compute: compute))
    // Two pictures at least: the net's matrix products round otherwise for one alone.
    let most = min(max(1, batch / options.samples), (objectives.count + communicator.size - 1) / communicator.size)
    let slots = max(2, most) * options.samples
    let job = ResultJob(store: store, overwrite: overwrite, batch: most, communicator: communicator, progress: progress)
    let named = Dictionary(uniqueKeysWithValues: objectives.map { ($0.name, $0) })
    var ascent: ClassModelAscent?
    return try job.run(
      prefetches: false,
      list: { earlier in
        zip(ItemNames.items(named: objectives.map(\.name), existing: earlier.byName), objectives).map {
          WorkItem(name: $0, classIndex: $1.objective.classIndex)
        }
      },
      prepare: { items in items.map { .success(ItemNames.name(of: $0.name)) } },
      process: { ready in
        // A rank that gets no item needs no buffers.
        let ascent = try ascent ?? makeAscent(&ascent, batch: slots)
        let items = ready.map { entry in
          let objective = named[entry.prepared]?.objective ?? .score(0)
          return (objective, stream: objective.classIndex ?? Self.stream(of: entry.prepared))
        }
        guard let models = try ascent.run(
          items, shouldStop: { StopRequest.isRequested }, progress: { Activity.enter(.item, step: $0) }) else { return nil }
        return try zip(ready, models).map { entry, samples in
          let result = try self.result(samples, item: entry.item.name, objective: named[entry.prepared]?.text ?? objective)
          return .done(try store.save(result, of: entry.item))
        }
      })
  }

  /// What each item climbs for.
  private func objectives() throws(VisualizeError) -> [(name: String, text: String, objective: Objective)] {
    if objective == "score" || objective == "posterior" {
      var used: Set<String> = []
      let names = network.classes.enumerated().map { index, wnid in
        let name = ItemNames.safe(wnid)
        // Two ids may be the same but for what a file's name can't have.
        return used.insert(name).inserted ? name : "\(name)-output\(index)"
      }
      return try network.indices(of: classes).map {
        (names[$0], "\(objective):\(network.classes[$0])", objective == "score" ? .score($0) : .posterior($0))
      }
    }
    var known: Set<String> = []
    var objectives: [(name: String, text: String, objective: Objective)] = []
    for text in objective.split(separator: ",") {
      let name = ItemNames.safe(String(text.replacing(":", with: "-").replacing("*", with: "x")))
      if known.insert(name).inserted { objectives.append((name, String(text), try Objective(String(text), for: network))) }
    }
    guard !objectives.isEmpty else { throw VisualizeError(.wrongUse, "--objective '\(objective)' names nothing") }
    return objectives
  }

  /// The number of an objective's stream of random numbers: FNV-1a of its name, 32 bits, beyond all classes.
  private static func stream(of name: String) -> Int {
    1 << 31 | Int(name.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 })
  }

  private func makeAscent(_ ascent: inout ClassModelAscent?, batch: Int) throws -> ClassModelAscent {
    // Winograd's tiles round by the number of pictures in a batch; direct convolution gives a class the same bits in any.
    var compute = compute
    if compute.convolution == .auto { compute.convolution = .direct }
    let made = try ClassModelAscent(
      network.parameters, mean: network.mean, colourAxes: network.colourAxes, options: options, batch: batch,
      compute: compute)
    ascent = made
    return made
  }

  /// - Parameter samples: the item's pictures; the one of the highest value stands for it.
  private func result(_ samples: [ClassModel], item: String, objective: String) throws -> ItemResult {
    let shape = network.network.input
    let values = samples.map { $0.scoreTrace.last ?? 0 }
    let model = samples[values.indices.max { values[$0] < values[$1] } ?? 0]
    let record = ResultRecord(
      item: item, kind: Self.command, classIndex: model.classIndex, score: model.score, posterior: model.posterior,
      top: model.topClasses, net: network, warning: model.warning)
    var dataSets: [ItemResult.DataSet] = [
      .init(path: "/image", shape: [shape.channels, shape.height, shape.width], values: model.image),
      .init(path: "/score_trace", shape: [model.scoreTrace.count], values: model.scoreTrace),
    ]
    if samples.count > 1 {
      dataSets.append(
        .init(
          path: "/samples", shape: [samples.count, shape.channels, shape.height, shape.width],
          values: samples.flatMap(\.image)))
      dataSets.append(.init(path: "/sample_values", shape: [samples.count], values: values))
    }
    let pictures = samples.map { Picture(planes: zip($0.image, network.mean).map { $0 + $1 }, shape: shape) }
    return ItemResult(
      record: record, dataSets: dataSets, attributes: ["lambda": .number(Double(model.lambda)), "objective": .text(objective)],
      picture: pictures.dropFirst().reduce(pictures[0]) { $0.beside($1) })
  }
}

extension ClassModelOptions {
  /// As they are kept with the results.
  var parameters: [String: ParameterValue] {
    [
      "mode": .text(mode.rawValue), "parameterisation": .text(parameterisation.rawValue),
      "spectralPower": .number(spectralPower), "octaves": .number(Double(octaves)), "octaveScale": .number(octaveScale),
      "optimiser": .text(optimiser.rawValue), "iterations": .number(Double(iterations)), "step": .number(step),
      "finalStep": .number(finalStep), "regularisation": .number(regularisation), "totalVariation": .number(totalVariation),
      "decay": .number(decay), "blur": .number(blur), "finalBlur": .number(finalBlur),
      "blurInterval": .number(Double(blurInterval)), "jitter": .number(Double(jitter)), "rotation": .number(rotation),
      "zoom": .number(zoom), "clips": .flag(clips), "seed": .text("\(seed)"), "samples": .number(Double(samples)),
      "diversity": .number(diversity),
    ]
  }
}
