import BuildInfo
import Cluster
import Files
import Foundation

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

  func write(to path: String) throws { try AtomicFile.write(try JSONText.of(self, pretty: true) + "\n", to: path) }
}
