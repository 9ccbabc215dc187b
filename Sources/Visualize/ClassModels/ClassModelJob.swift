import Attribution
import Cluster
import ConvNet
import Files
import Images
import Results

/// The command `class-models`: a picture of what the net finds typical of each class, in a result folder.
///
///     let job = ClassModelJob(JobSetting(network: net, output: "models"), options: options)
///     let summary = try job.run(communicator) { done, total in … }
///     try summary.requireComplete()
public struct ClassModelJob: VisualisationJob {
  package static let kind: JobKind = {
    var kind = JobKind("class-models", title: "Class models")
    kind.lead = { _, _ in "What the network finds most typical of each class: the picture that raises its score most." }
    (kind.page.style, kind.page.isNamedByClass, kind.page.hasTrace, kind.sheet) = ("models", true, true, .always)
    kind.page.alternative = { "Class model of \($0.name) (\($0.class))" }
    kind.panels = { header, folder in
      header.parameters["samples"] == nil ? 1 : try header.count("samples", in: NumberLimits.samples, folder: folder)
    }
    return kind
  }()

  public var setting: JobSetting
  /// The classes: `all`, or synset ids separated by commas.
  public var classes: String
  /// The objective: `score` or `posterior` of the classes, or instead of the classes a list of objectives separated by commas,
  /// see `Objective`.
  public var objective: String
  public var options: ClassModelOptions

  public init(_ setting: JobSetting, classes: String = "all", objective: String = "score", options: ClassModelOptions) {
    (self.setting, self.classes, self.objective, self.options) = (setting, classes, objective, options)
  }

  /// The objective of one item.
  package struct Climb: Codable, Sendable {
    /// The class, if the objective is the score or the posterior of a class; otherwise nil.
    let classIndex: Int?
    let text: String
  }

  package var prefetches: Bool { false }
  package var count: Int { get throws { try climbs().count } }

  package func check() throws {
    guard options.iterations > 0, options.iterations < 1 << 24 else {
      throw ResultsError(.wrongUse, "--iterations \(options.iterations) is not in 1 ..< 2^24")
    }
    guard options.samples > 0, options.samples <= setting.batch else {
      throw ResultsError(.wrongUse, "--samples \(options.samples) is not in 1 … --batch \(setting.batch)")
    }
    _ = try climbs()
  }

  package func parameters(_ communicator: Communicator) -> [String: ParameterValue] {
    options.parameters.merging(["objective": .text(isOfClasses ? objective : "units")]) { $1 }
  }

  package func itemsAtOnce(share: Int) -> Int { min(max(1, setting.batch / options.samples), share) }

  package func items(_ earlier: EarlierResults) throws -> [WorkItem<Climb>] {
    let climbs = try climbs()
    return zip(earlier.items(named: climbs.map(\.name)), climbs).map { WorkItem(name: $0, subject: $1.climb) }
  }

  package func prepare(_ item: WorkItem<Climb>, _ decoder: PictureDecoder) throws -> Objective {
    guard let index = item.subject.classIndex else { return try Objective(item.subject.text, for: network) }
    return objective == "score" ? .score(index) : .posterior(index)
  }

  package func makeEngine(_ most: Int) throws -> ClassModelAscent {
    // At least two pictures, because the net's matrix products round differently for a single one.
    return try ClassModelAscent(
      network.parameters, mean: network.mean, colourAxes: network.colourAxes, options: options,
      batch: max(2, most) * options.samples, compute: setting.compute)
  }

  package func compute(
    _ ready: [(item: WorkItem<Climb>, prepared: Objective)], with ascent: ClassModelAscent
  ) throws -> [[ClassModel]]? {
    let items = ready.map { item, objective in
      (objective, stream: objective.classIndex ?? Self.stream(of: ItemNames.name(of: item.name)))
    }
    return try ascent.run(
      items, shouldStop: { StopRequest.isRequested }, progress: { Activity.enter(.item, step: $0) })
  }

  private var isOfClasses: Bool { objective == "score" || objective == "posterior" }

  /// The objectives of all items, with the items' names.
  private func climbs() throws(ResultsError) -> [(name: String, climb: Climb)] {
    if isOfClasses {
      var used: Set<String> = []
      let names = network.classes.enumerated().map { index, wnid in
        let name = ItemNames.safe(wnid)
        // Two ids may differ only in characters that a file name can't have.
        return used.insert(name).inserted ? name : "\(name)-output\(index)"
      }
      return try network.indices(of: classes).map {
        (names[$0], Climb(classIndex: $0, text: "\(objective):\(network.classes[$0])"))
      }
    }
    var known: Set<String> = []
    var climbs: [(name: String, climb: Climb)] = []
    for text in objective.split(separator: ",").map(String.init) {
      _ = try Objective(text, for: network)
      let name = ItemNames.safe(text.replacing(":", with: "-").replacing("*", with: "x"))
      if known.insert(name).inserted { climbs.append((name, Climb(classIndex: nil, text: text))) }
    }
    guard !climbs.isEmpty else { throw ResultsError(.wrongUse, "--objective '\(objective)' names nothing") }
    return climbs
  }

  /// The number of an objective's stream of random numbers: the FNV-1a hash of its name, 32 bits, above the numbers of all
  /// classes.
  private static func stream(of name: String) -> Int {
    1 << 31 | Int(name.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 })
  }

  /// - Parameter samples: the item's class models. The one with the highest value represents the item.
  package func present(
    _ samples: [ClassModel], of item: WorkItem<Climb>, _ prepared: Objective, drawn rendering: SaliencyRendering
  ) throws -> ItemResult<NoFacts> {
    let shape = network.network.input
    let values = samples.map { $0.scoreTrace.last ?? 0 }
    let model = samples[values.indices.max { values[$0] < values[$1] } ?? 0]
    let record = CommonFacts(
      item: item.name, kind: Self.command, classIndex: model.classIndex, score: model.score, posterior: model.posterior,
      top: model.topClasses, net: network, warning: model.warning)
    var dataSets: [ItemResult<NoFacts>.DataSet] = [
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
      ResultRecord(record, NoFacts()), dataSets: dataSets,
      attributes: ["lambda": .number(Double(model.lambda)), "objective": .text(item.subject.text)],
      picture: pictures.dropFirst().reduce(pictures[0]) { $0.beside($1) }.png)
  }
}

extension NumberLimits {
  /// The number of samples of a class model, which are side by side in one picture.
  static let samples = 1...(1 << 16)
}

extension ClassModelOptions {
  /// The options as they are recorded in the results.
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
