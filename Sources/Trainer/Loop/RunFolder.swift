import BuildInfo
import Cluster
import Files
import Foundation

/// The places in a run folder.
public struct RunFolder: Sendable {
  public let path: String

  public init(_ path: String) { self.path = path }

  public var description: String { path + "/run.json" }
  public var metrics: String { path + "/metrics.jsonl" }
  public var checkpoints: String { path + "/checkpoints" }
  public var report: String { path + "/report.html" }
  /// Errors by class of the last evaluation.
  public var classErrors: String { path + "/classes.csv" }
  /// The pictures that could not be read, each with its reason.
  public var badFiles: String { path + "/bad-files.csv" }
  /// Event files for TensorBoard.
  public var tensorBoard: String { path + "/tensorboard" }
}

/// `run.json`: every option, versions, ranks, hosts, seed. Renewed at each start of the run.
struct RunDescription: Codable {
  var program = "deepinside"
  var version = String(cString: build_version())
  let options: TrainingOptions
  let data: String
  let trainPictures: Int
  let validationPictures: Int
  let classes: Int
  let parameters: Int
  let ranks: Int
  let hosts: [String]
  let threadsPerRank: Int
  let commandLine: [String]
  let started: String
  /// The step from which this start went on; 0 for a new run.
  let resumedFromStep: Int
  /// Updates of the whole run, those of earlier starts included.
  let totalSteps: Int

  func write(to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    try AtomicFile.write(String(decoding: try encoder.encode(self), as: UTF8.self) + "\n", to: path)
  }
}
