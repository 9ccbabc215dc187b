import ConvNet
import Foundation
import TestSupport
import Testing

/// A folder with a tiny made picture set and the description of a tiny network: what a test of the command line starts from.
final class TinyData {
  let folder: TemporaryFolder
  var data: String { folder.path("data") }
  var network: String { folder.path("tiny.json") }

  /// - Parameter imagesPerClass: of 3 classes; a fifth as many more for validation.
  init(imagesPerClass: Int = 10) throws {
    folder = try TemporaryFolder()
    let made = try runTool(
      "deepinside",
      [
        "synthesize", "--output", folder.path("data"), "--classes", "3", "--images-per-class", "\(imagesPerClass)", "--size",
        "40",
      ])
    try #require(made.exitCode == 0, "\(made)")
    // With dropout and normalisation: what depends on the place in the batch or on the rank would show.
    try Data(
      """
      {"name": "tiny", "input": [3, 32, 32], "layers": [
        {"name": "conv1", "type": "convolution", "filters": 8, "kernel": 5, "stride": 2, "padding": 0},
        {"name": "relu1", "type": "relu"},
        {"name": "norm1", "type": "localResponseNormalization", "size": 5, "k": 2, "alpha": 1e-4, "beta": 0.75},
        {"name": "pool1", "type": "maxPooling", "window": 3, "stride": 2},
        {"name": "fc2", "type": "fullyConnected", "outputs": 24}, {"name": "relu2", "type": "relu"},
        {"name": "drop2", "type": "dropout", "probability": 0.5},
        {"name": "fc3", "type": "fullyConnected", "outputs": 3}]}
      """.utf8
    ).write(to: URL(fileURLWithPath: folder.path("tiny.json")))
  }

  /// The arguments of a training in the run folder of that name.
  func training(_ run: String, steps: Int, batch: Int = 8, _ more: [String] = []) -> [String] {
    [
      "train", "--data", data, "--network", network, "--run", folder.path(run), "--batch", "\(batch)", "--epochs", "40",
      "--max-steps", "\(steps)", "--learning-rate", "0.001", "--threads", "1",
    ] + more
  }

  func newest(_ run: String) -> String { folder.path("\(run)/checkpoints/latest.h5") }

  /// The losses of a run by step.
  func losses(_ run: String) throws -> [Int: Double] {
    struct Line: Decodable {
      let kind: String
      let step: Int
      let loss: Double?
    }
    let text = try String(contentsOfFile: folder.path("\(run)/metrics.jsonl"), encoding: .utf8)
    let lines = try text.split(separator: "\n").map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
    let steps = lines.filter { $0.kind == "step" }
    #expect(Set(steps.map(\.step)).count == steps.count, "a step stands twice in metrics.jsonl")
    return Dictionary(steps.map { ($0.step, $0.loss ?? .nan) }, uniquingKeysWith: { $1 })
  }
}

/// ‖a − b‖ / ‖b‖
func distance(_ a: FlatBuffer, _ b: FlatBuffer) -> Double {
  var (difference, norm) = (0.0, 0.0)
  for index in 0..<a.count {
    difference += pow(Double(a.pointer[index]) - Double(b.pointer[index]), 2)
    norm += pow(Double(b.pointer[index]), 2)
  }
  return (difference / max(norm, 1e-30)).squareRoot()
}

/// `--backend` for each backend that is there.
let backendOptions: [[String]] = [.openblas, .onednn].filter { (backend: BackendChoice) in backend.obstacle(to: .float32) == nil }
  .map { ["--backend", $0.rawValue] }
