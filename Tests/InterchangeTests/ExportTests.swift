import Checkpoint
import ConvNet
import Foundation
import TestSupport
import Testing

@testable import Interchange

/// A checkpoint with every kind of layer, whose weights are functions of their place: the recipe Golden/export.py makes the same.
func exampleCheckpoint(in folder: TemporaryFolder) throws -> Checkpoint {
  let network = try Network(
    json: """
      {"name": "small", "input": [3, 20, 20], "layers": [
        {"name": "conv1", "type": "convolution", "filters": 6, "kernel": 5, "stride": 2, "padding": 1},
        {"name": "relu1", "type": "relu"},
        {"name": "norm1", "type": "localResponseNormalization", "size": 5, "k": 2, "alpha": 0.02, "beta": 0.75},
        {"name": "pool1", "type": "maxPooling", "window": 3, "stride": 2},
        {"name": "fc2", "type": "fullyConnected", "outputs": 7}, {"name": "relu2", "type": "relu"},
        {"name": "drop2", "type": "dropout", "probability": 0.5},
        {"name": "fc3", "type": "fullyConnected", "outputs": 4}]}
      """)
  let store = try ParameterStore(network, training: false)
  for (number, parameter) in store.parameters.enumerated() {
    for (index, place) in parameter.range.enumerated() {
      store.values.pointer[place] = Float((index * 37 + number * 11) % 101 - 50) / 400
    }
  }
  let path = folder.path("small.h5")
  let progress = TrainingProgress(learningRate: LearningRateState(rate: 0))
  try Checkpoint.write(
    CheckpointContents(
      network: network, progress: progress,
      mean: (0..<1200).map { Float($0 % 97) + 80 }, meanShape: network.input, classes: ["n1", "n2", "n3", "n4"],
      classNames: ["tench, Tinca", "b", "größer", "d"]),
    store: store, to: path)
  return try Checkpoint.read(path)
}

/// Pixels of 0–255 as a function of their place, and a plan's scores of them. `[N, 3, 20, 20]`.
func examplePixels(_ count: Int) -> [Float] { (0..<count).map { Float(($0 * 31 + $0 / 57) % 256) } }

@Suite("Export")
struct ExportTests {
  // Golden/export.py has run the golden ONNX file in ONNX Runtime: the graph is right, so the same bytes are. The digest of the
  // checkpoint, which the file names, depends on all that a checkpoint holds.
  private func golden(digest: String) throws -> Data {
    var bytes = try goldenFile("small.onnx")
    let earlier = Data("83c64b949a9bb0bbd173f423c9f33cb8520cab220df35de40c434a57ad940b06".utf8)
    bytes.replaceSubrange(try #require(bytes.range(of: earlier)), with: Data(digest.utf8))
    return bytes
  }

  @Test("an ONNX file has the bytes that ONNX Runtime has computed our scores from")
  func onnx() throws {
    let folder = try TemporaryFolder()
    let checkpoint = try exampleCheckpoint(in: folder)
    try export(checkpoint, format: .onnx, to: folder.path("net.onnx"))
    #expect(try Data(contentsOf: URL(fileURLWithPath: folder.path("net.onnx"))) == golden(digest: checkpoint.digest))
    let scores = try JSONDecoder().decode([Float].self, from: goldenFile("small.scores.json"))
    let plan = try Plan(checkpoint.store, batch: 2, purpose: .inference, backend: .openblas, team: ThreadTeam(workers: 1))
    let images = try Tensor(count: 2, shape: checkpoint.contents.network.input)
    for (index, pixel) in examplePixels(2400).enumerated() {
      images.values[index] = pixel - checkpoint.contents.mean[index % 1200]
    }
    let own = Array(plan.forward(images).values)
    try #require(own.count == scores.count)
    for (a, b) in zip(own, scores) { #expect(abs(a - b) < 1e-4, "\(own) \(scores)") }
    #expect(own.map(abs).max() ?? 0 > 0.05, "scores that are all alike show nothing: \(own)")
  }

  @Test("without the mean the ONNX graph has no subtraction")
  func withoutMean() throws {
    let folder = try TemporaryFolder()
    try export(exampleCheckpoint(in: folder), format: .onnx, subtractsMean: false, to: folder.path("net.onnx"))
    let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: folder.path("net.onnx"))), as: UTF8.self)
    #expect(!text.contains("centred") && text.contains("RGB 0-255 minus the mean"))
  }

  @Test("a safetensors file has a header of names, shapes and places, and the values there")
  func safetensors() throws {
    let folder = try TemporaryFolder()
    let checkpoint = try exampleCheckpoint(in: folder)
    try export(checkpoint, format: .safetensors, to: folder.path("net.safetensors"))
    let data = try Data(contentsOf: URL(fileURLWithPath: folder.path("net.safetensors")))
    let length = Int(data.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    let header = try #require(try JSONSerialization.jsonObject(with: data[8..<(8 + length)]) as? [String: Any])
    #expect(length % 8 == 0)
    let metadata = try #require(header["__metadata__"] as? [String: String])
    #expect(metadata["classes"] == #"["n1","n2","n3","n4"]"# && metadata["class_names"]?.contains("größer") == true)
    #expect(try Network(json: metadata["network"] ?? "") == checkpoint.contents.network)
    var end = 0
    for parameter in checkpoint.store.parameters {
      let name = "\(parameter.layer).\(parameter.spec.role == .weights ? "weight" : "bias")"
      let entry = try #require(header[name] as? [String: Any], "\(name)")
      let places = try #require(entry["data_offsets"] as? [Int])
      #expect(entry["dtype"] as? String == "F32" && entry["shape"] as? [Int] == parameter.spec.shape)
      #expect(places == [end, end + 4 * parameter.spec.count])
      end = places[1]
      let bytes = data[(8 + length + places[0])..<(8 + length + places[1])]
      #expect(bytes.elementsEqual(UnsafeRawBufferPointer(checkpoint.store.values[parameter.range])), "\(name)")
    }
    #expect(data.count == 8 + length + end + 4 * 1200)
  }
}
