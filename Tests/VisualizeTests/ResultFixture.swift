import Checkpoint
import ConvNet
import Foundation
import HDF5
import Images
import Random
import TestSupport
import Testing

@testable import Results
@testable import Visualize

/// A folder with a checkpoint of a small net and pictures, in which jobs are run as programs of their own: the tests'
/// process never joins MPI.
struct ResultFixture {
  static let classes = ["n00000001", "n00000002", "n00000003", "n00000004", "n00000005", "n00000006", "n00000007"]

  let folder: TemporaryFolder
  var checkpoint: String { folder.path("net.h5") }
  var output: String { folder.path("out") }
  var pictures: String { folder.path("pictures") }

  init() throws {
    folder = try TemporaryFolder()
    try writeCheckpoint("net.h5", seed: 1)
  }

  func writeCheckpoint(_ name: String, seed: UInt64) throws {
    let store = try smallNet(classes: 7, seed: seed)
    let names = Self.classes.map { "name of <\($0)>, other & words" }
    let contents = CheckpointContents(
      network: store.network, progress: TrainingProgress(learningRate: LearningRateState(rate: 0.01)),
      mean: [Float](repeating: 110, count: store.network.input.count), meanShape: store.network.input, classes: Self.classes,
      classNames: names)
    try Checkpoint.write(contents, store: store, to: folder.path(name))
  }

  /// Writes a picture of random pixels; the seed decides.
  func writePicture(_ name: String, seed: UInt64, width: Int = 40, height: Int = 30) throws {
    let path = (pictures as NSString).appendingPathComponent(name)
    try FileManager.default.createDirectory(
      atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    var random = CounterRandom(seed: seed, purpose: .test)
    let pixels = (0..<(width * height * 3)).map { _ in UInt8(truncatingIfNeeded: random.next32()) }
    try Picture(width: width, height: height, pixels: pixels).writePNG(to: path)
  }

  func classModels(ranks: Int = 1, output: String? = nil, _ options: String...) throws -> ProcessResult {
    try run(ranks, ["visualize-class-models", checkpoint, output ?? self.output] + options)
  }

  func saliency(ranks: Int = 1, output: String? = nil, _ options: String...) throws -> ProcessResult {
    try run(ranks, ["visualize-saliency", checkpoint, output ?? self.output, pictures] + options)
  }

  func reconstruct(ranks: Int = 1, output: String? = nil, _ options: String...) throws -> ProcessResult {
    try run(ranks, ["visualize-reconstruct", checkpoint, output ?? self.output, pictures] + options)
  }

  func assess(ranks: Int = 1, output: String? = nil, annotations: String, _ options: String...) throws -> ProcessResult {
    try run(ranks, ["visualize-assess", checkpoint, output ?? self.output, pictures, annotations] + options)
  }

  func localise(ranks: Int = 1, output: String? = nil, _ options: String...) throws -> ProcessResult {
    try run(ranks, ["visualize-localise", checkpoint, output ?? self.output, pictures] + options)
  }

  private func run(_ ranks: Int, _ arguments: [String]) throws -> ProcessResult {
    ranks == 1 ? try runTool("rank-checks", arguments) : try runUnderMPI(ranks: ranks, tool: "rank-checks", arguments: arguments)
  }

  func data(_ item: String, _ dataSet: String, output: String? = nil) throws -> (values: [Float], shape: [Int]) {
    try HDF5File.open(at: "\(output ?? self.output)/\(item).h5").readFloats(dataSet)
  }

  func attribute(_ item: String, _ name: String) throws -> String? {
    try HDF5File.open(at: "\(output)/\(item).h5").attribute(name)?.description
  }

  func summary(output: String? = nil) throws -> JobSummary {
    let text = try String(contentsOfFile: "\(output ?? self.output)/summary.json", encoding: .utf8)
    return try #require(ResultJSON.value(JobSummary.self, text))
  }

  /// The items in the manifest.
  func manifest(output: String? = nil) throws -> [String] {
    var items: [String] = []
    try Manifest(of: output ?? self.output).forEach { record, _ in items.append(record.item) }
    return items
  }

  func files() throws -> Set<String> { Set(try FileManager.default.contentsOfDirectory(atPath: output)) }

  func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: "\(output)/\(name)") }
}
