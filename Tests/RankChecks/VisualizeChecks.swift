import Attribution
import Cluster
import ConvNet
import DataSets
import Foundation
import Results
import Segmentation
import Visualize

/// Jobs with a result folder.
let visualizeChecks = [
  RankCheck("visualize-class-models", checkClassModels), RankCheck("visualize-saliency", checkSaliency),
  RankCheck("visualize-reconstruct", checkReconstruction), RankCheck("visualize-assess", checkAssessment),
  RankCheck("visualize-localise", checkLocalise),
]

/// Options `name=value` after the fixed arguments.
private func options(_ arguments: ArraySlice<String>) -> [String: String] {
  var options: [String: String] = [:]
  for argument in arguments {
    let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
    options[parts[0]] = parts.count > 1 ? parts[1] : ""
  }
  return options
}

private func finish(_ summary: JobSummary, _ communicator: Communicator) throws {
  let done = try communicator.allReduceMax(summary.done)
  try expectEqual(summary.done, done, "items done, as rank \(communicator.rank) was told")
  if communicator.rank == 0 { print("done \(summary.done) skipped \(summary.skipped) failed \(summary.failed)") }
  try summary.requireComplete()
}

/// `visualize-class-models CHECKPOINT OUT [classes=…] [mode=…] [iterations=…] [seed=…] [batch=…] [precision=…] [overwrite] [stop]`
///
/// With `stop` it is asked to stop when the first item is finished.
private func checkClassModels(_ communicator: Communicator, _ arguments: [String]) throws {
  let given = options(arguments.dropFirst(2))
  let network = try TrainedNetwork.read(arguments[0])
  let mode = given["mode"].flatMap(ClassModelOptions.Mode.init(rawValue:)) ?? .regularised
  let job = ClassModelJob(
    JobSetting(
      network: network, output: arguments[1], overwrite: given["overwrite"] != nil, batch: Int(given["batch"] ?? "3") ?? 3,
      compute: ComputeSettings(precision: given["precision"].flatMap(Precision.init(rawValue:)) ?? .float32)),
    classes: given["classes"] ?? "all",
    options: .defaults(
      mode, for: network.network, iterations: Int(given["iterations"] ?? "8"), seed: UInt64(given["seed"] ?? "0") ?? 0))
  let stops = given["stop"] != nil
  if stops { StopRequest.answer(by: .job) }
  let summary = try job.run(communicator) { done, _ in
    guard stops, done == 1 else { return }
    kill(getpid(), SIGUSR1)
    while !StopRequest.hasCome { usleep(1000) }
  }
  try finish(summary, communicator)
}

/// `visualize-saliency CHECKPOINT OUT PICTURES [class=…] [method=…] [crops=10] [gamma=…] [batch=…] [overwrite]`
private func checkSaliency(_ communicator: Communicator, _ arguments: [String]) throws {
  let given = options(arguments.dropFirst(3))
  let network = try TrainedNetwork.read(arguments[0])
  let job = SaliencyJob(
    JobSetting(
      network: network, output: arguments[1], overwrite: given["overwrite"] != nil, batch: Int(given["batch"] ?? "3") ?? 3),
    pictures: try PictureList.find([arguments[2]], classes: network.classes), classChoice: .init(given["class"] ?? "top1"),
    method: try SaliencyMethods.make(given["method"] ?? "gradient", for: network.network),
    crops: given["crops"] == "10" ? .ten : .centre,
    rendering: given["gamma"].flatMap { Float($0) }.map { SaliencyRendering(gamma: $0) })
  try finish(job.run(communicator), communicator)
}

/// `visualize-reconstruct CHECKPOINT OUT PICTURES [layer=…] [units=…] [top=…] [batch=…]`
private func checkReconstruction(_ communicator: Communicator, _ arguments: [String]) throws {
  let given = options(arguments.dropFirst(3))
  let network = try TrainedNetwork.read(arguments[0])
  let job = ReconstructionJob(
    JobSetting(network: network, output: arguments[1], batch: Int(given["batch"] ?? "3") ?? 3),
    pictures: try PictureList.find([arguments[2]], classes: network.classes), layer: given["layer"] ?? "conv1",
    units: UnitChoice(count: Int(given["units"] ?? "4") ?? 4))
  if let top = given["top"].flatMap({ Int($0) }) {
    try finish(TopPicturesJob(job, top: top).run(communicator), communicator)
  } else {
    try finish(job.run(communicator), communicator)
  }
}

/// `visualize-assess CHECKPOINT OUT PICTURES ANNOTATIONS [randomised=…]`
private func checkAssessment(_ communicator: Communicator, _ arguments: [String]) throws {
  let given = options(arguments.dropFirst(4))
  let network = try TrainedNetwork.read(arguments[0])
  let pictures = try PictureList.find([arguments[2]], classes: network.classes).annotated(from: arguments[3], communicator)
  let job = AssessmentJob(
    JobSetting(network: network, output: arguments[1], batch: 4), pictures: pictures, methods: ["gradient", "grad-cam"],
    randomised: Int(given["randomised"] ?? "2") ?? 2, costly: 3, controls: true)
  try finish(job.run(communicator), communicator)
}

/// `visualize-localise CHECKPOINT OUT PICTURES [annotations=…] [method=…] [box=…] [saliency=…] [blacklist=36,…] [list=…] [overwrite] [die=…]`
///
/// With `die` the process kills itself when so many items are finished.
private func checkLocalise(_ communicator: Communicator, _ arguments: [String]) throws {
  let given = options(arguments.dropFirst(3))
  let network = try TrainedNetwork.read(arguments[0])
  var how = LocalisationOptions()
  how.cutSide = 32
  how.box = given["box"].flatMap(LocalisationOptions.Box.init(rawValue:)) ?? .graphcut
  var pictures = try PictureList.find([arguments[2]], classes: network.classes)
  if let folder = given["annotations"] { pictures = try pictures.annotated(from: folder, communicator) }
  let job = LocalisationJob(
    JobSetting(network: network, output: arguments[1], overwrite: given["overwrite"] != nil), pictures: pictures, options: how,
    maps: try given["saliency"].map { .stored(try StoredMaps(folder: $0, net: network)) }
      ?? .method(SaliencyMethods.make(given["method"] ?? "gradient", for: network.network)),
    blackList: Set((given["blacklist"] ?? "").split(separator: ",").compactMap { Int($0) }),
    classNumbers: try given["list"].map(ClassNumbers.init))
  let last = given["die"].flatMap { Int($0) }
  try finish(job.run(communicator) { done, _ in if done == last { kill(getpid(), SIGKILL) } }, communicator)
}
