import Cluster
import ConvNet
import DataSets
import Files
import Foundation
import Images
import Segmentation

/// The command `localise`: where the strongest classes are in pictures, by saliency and GraphCut, in a result folder; the ILSVRC
/// error where boxes are known.
///
/// Source: Simonyan et al. 2013 §3.2.
public struct LocalisationJob {
  public static let command = "localise"

  public var network: TrainedNetwork
  /// See `PictureList.find`.
  public var pictures: PictureList
  /// For the summary.
  public var annotationFaults: [AnnotationFault] = []
  /// The result folder.
  public var output: String
  public var options: LocalisationOptions
  /// The folder of earlier results of `localise`, whose maps are taken instead of the net's.
  public var storedMaps: String?
  public var crops: TestCrops
  public var rule: ReLURule
  /// Whether the results keep the saliency maps, most of their size.
  public var keepsMaps: Bool
  /// Numbers of pictures that the error leaves out.
  public var blackList: Set<Int>
  /// For the devkit's file of answers; nil writes none.
  public var classNumbers: ClassNumbers?
  public var overwrite: Bool
  public var compute: ComputeSettings

  public init(
    network: TrainedNetwork, pictures: PictureList, output: String,
    options: LocalisationOptions = LocalisationOptions(), storedMaps: String? = nil, crops: TestCrops = .ten,
    rule: ReLURule = .gradient, keepsMaps: Bool = true, blackList: Set<Int> = [], classNumbers: ClassNumbers? = nil,
    overwrite: Bool = false, compute: ComputeSettings = ComputeSettings()
  ) {
    self.network = network
    self.pictures = pictures
    self.output = output
    self.options = options
    self.storedMaps = storedMaps
    self.crops = crops
    self.rule = rule
    self.keepsMaps = keepsMaps
    self.blackList = blackList
    self.classNumbers = classNumbers
    self.overwrite = overwrite
    self.compute = compute
  }

  /// Makes what is missing. A picture that can't be read is a failure in the summary, and all others are done.
  ///
  /// - Parameter progress: called on rank 0.
  /// - Returns: what was done and the errors, the same on all ranks; `requireComplete()` throws the program's exit code.
  /// - Throws: `VisualizeError` saying why the options, the stored maps or the result folder can't be gone on with.
  /// - Note: collective; the pictures and annotations of rank 0 count.
  public func run(_ communicator: Communicator, progress: @escaping JobProgress = { _, _ in }) throws -> JobSummary {
    try check()
    let stored = try storedMaps.map { try StoredMaps(folder: $0, net: network) }
    let hasBoxes: Bool = try communicator.onFirst(.reading) { pictures.contains { $0.annotation != nil } }
    var parameters = parameters(stored)
    parameters["annotations"] = .flag(hasBoxes)
    let header = ResultHeader(command: Self.command, parameters: parameters, net: network, compute: compute)
    // Without their maps pictures can't be drawn anew, and are all drawn alike.
    let rendering = try keepsMaps ? ResultStore.rendering(nil, in: output, overwrite: overwrite, communicator) : nil
    let store = ResultStore(folder: output, header: header, rendering: rendering)
    // A picture's crops are a batch.
    let job = ResultJob(
      store: store, overwrite: overwrite, batch: 1, communicator: communicator, annotationFaults: annotationFaults,
      progress: progress,
      passedOver: pictures.passedOver)
    var phases = Phases()
    var mapper: ClassMapper?
    let source = MapSource(net: network, stored: stored, crops: crops, options: options)
    var summary = try job.run(
      prefetches: true, list: { try $0.workItems(of: pictures) },
      prepare: { items in
        let decoder = Result { try PictureDecoder() }
        return items.map { item in Result { try source.prepare(item, decoder: decoder.get()) } }
      },
      process: { ready in
        try ready.map { item, prepared in
          phases.decode += prepared.seconds
          let maps: ClassMaps
          switch prepared.input {
          case .maps(let stored): maps = stored
          case .picture(let picture):
            let current = try mapper ?? ClassMapper(network, crops: crops, rule: rule, compute: compute)
            mapper = current
            maps = current.maps(of: picture, classes: LocalisationScore.answers)
          }
          let objects = prepared.localiser.objects(in: maps, threads: compute.team.workers)
          phases.add(objects)
          return try timed(&phases.write) {
            let picture = LocalisedPicture(
              item: item, frame: prepared.frame, maps: maps, localiser: prepared.localiser, objects: objects)
            let result = picture.result(network, keepsMaps: keepsMaps, rendering: rendering ?? SaliencyRendering())
            try picture.saveMasks(in: store)
            return .done(try store.save(result, of: item))
          }
        }
      })
    (phases.forward, phases.backward) = (mapper?.forwardSeconds ?? 0, mapper?.backwardSeconds ?? 0)
    summary.secondsByPhase = try phases.summed(over: communicator)
    return try communicator.onFirst {
      var report = LocalisationReport(blackList: blackList)
      try Manifest(of: output).forEach { record, _ in
        report.add(record)
      }
      try report.write(
        to: store, numbers: classNumbers, names: Dictionary(zip(network.classes, network.classNames)) { first, _ in first })
      report.complete(&summary)
      try AtomicFile.write(ResultJSON.text(summary, pretty: true) + "\n", to: store.path(ResultStore.summaryFile))
      return summary
    }
  }

  /// What can be known before the work: whether the options go together, and with the pictures of rank 0.
  private func check() throws {
    if let obstacle = options.obstacle { throw VisualizeError(.wrongUse, obstacle) }
    if let storedMaps, FilePath.isSame(storedMaps, output) {
      throw VisualizeError(
        .wrongUse, "--saliency \(storedMaps) is the output folder itself, whose results would go; choose another --output")
    }
    for wnid in network.classes { _ = try classNumbers?.number(of: wnid) }
  }

  /// As they are kept with the results.
  private func parameters(_ stored: StoredMaps?) -> [String: ParameterValue] {
    var parameters = options.parameters
    parameters["method"] = stored?.parameters["method"] ?? .text(rule.rawValue)
    parameters["crops"] = stored?.parameters["crops"] ?? .number(Double(crops.count))
    if let stored {
      parameters[ResultHeader.precision] = stored.parameters[ResultHeader.precision] ?? .text(Precision.float32.rawValue)
    }
    parameters.merge(network.spec.geometry.parameters) { $1 }
    parameters["maps_kept"] = .flag(keepsMaps)
    return parameters
  }
}

/// Seconds of a rank.
private struct Phases {
  var decode = 0.0, forward = 0.0, backward = 0.0, models = 0.0, cut = 0.0, write = 0.0

  mutating func add(_ objects: [LocalisedObject]) {
    for object in objects {
      models += object.seconds.models
      cut += object.seconds.cut
    }
  }

  func summed(over communicator: Communicator) throws -> [String: Double] {
    var values = [decode, forward, backward, models, cut, write]
    try communicator.allReduceSum(&values)
    return Dictionary(uniqueKeysWithValues: zip(["decode", "forward", "backward", "colourModels", "cut", "write"], values))
  }
}
