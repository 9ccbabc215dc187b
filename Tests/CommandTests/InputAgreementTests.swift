import Checkpoint
import ConvNet
import Data
import Foundation
import HDF5
import Images
import TestSupport
import Testing

private let photographFolder = "../shared/data"
private let hasPhotographs = FileManager.default.fileExists(atPath: photographFolder + "/samples")
private let sides = [128, 256, 300]

private struct AgreementError: Error, CustomStringConvertible {
  let description: String
}

/// The same picture enters the net with the same bits in every command.
@Suite("One way into the net")
struct InputAgreementTests {
  /// What a command says of a picture.
  private struct Answer {
    let digest: String
    let classes: [String]
    let posteriors: [Double]
  }

  @Test("evaluate, saliency, localise, assess and reconstruct record the same input, class and posteriors", arguments: sides)
  func agreement(_ side: Int) throws {
    let set = try PictureSetOnDisk()
    try set.writeMadeUp()
    try compare(set, side: side, packs: true)
  }

  @Test(
    "so they do of 50 photographs; skipped where there are none in ../shared/data", .enabled(if: hasPhotographs),
    arguments: sides)
  func photographs(_ side: Int) throws {
    let set = try PictureSetOnDisk()
    try set.copyPhotographs(from: photographFolder, count: 49)
    try set.writeLarge()
    #expect(set.names.count == 50)
    try compare(set, side: side, packs: false)
  }

  private func compare(_ set: PictureSetOnDisk, side: Int, packs: Bool) throws {
    let net = try set.checkpoint(crop: 112, side: side)
    let expected = try evaluate(net, set.data, set.folder.path("evaluated"))
    #expect(expected.count == set.names.count && Set(expected.map(\.value.digest)).count == set.names.count)
    if packs {
      // From the pixels of a pack, too; and what the pack keeps is what the files give.
      let pack = set.folder.path("pack")
      try run("prepare", "--data", set.data, "--output", pack, "--shorter-side", "\(side)", "--pixels", "raw")
      try check(evaluate(net, pack, set.folder.path("evaluated-pack")), expected, "evaluate on a pack")
      // A net that was trained from a larger pack takes files the same way.
      let larger = try set.checkpoint(crop: 112, side: 120, packedSide: side)
      let fromFiles = try evaluate(larger, set.data, set.folder.path("evaluated-larger"))
      try check(evaluate(larger, pack, set.folder.path("evaluated-larger-pack")), fromFiles, "a pack of a larger shorter side")
    }
    let pictures = ["--checkpoint", net, "--images", set.data + "/val"]
    let boxes = ["--annotations", set.data + "/Annotations"]
    for (command, options) in [
      ("saliency", []), ("localise", boxes + ["--crops", "1", "--box", "whole", "--drop-maps"]),
      ("assess", boxes + ["--methods", "gradient", "--randomised", "0", "--step", "6272"]),
      ("reconstruct", ["--layer", "conv1", "--units", "1"]),
    ] {
      let output = set.folder.path(command)
      try run(command, pictures + options + ["--output", output])
      try check(answers(in: output, set), expected, command)
    }
    for attribute in try set.names.map({
      try HDF5File.open(at: set.folder.path("saliency/\($0.item).h5")).attribute("input_sha256")
    }) {
      guard case .string(let digest)? = attribute else { throw AgreementError(description: "a result without input_sha256") }
      #expect(expected.values.contains { $0.digest == digest })
    }
  }

  private func check(_ found: [String: Answer], _ expected: [String: Answer], _ command: String) {
    #expect(found.count == expected.count, "\(command) has \(found.count) of \(expected.count) pictures")
    for (name, answer) in expected {
      guard let other = found[name] else {
        Issue.record("\(command) has no \(name)")
        continue
      }
      #expect(other.digest == answer.digest, "\(command): another input of \(name)")
      #expect(other.classes == answer.classes, "\(command): other classes of \(name)")
      for (one, two) in zip(other.posteriors, answer.posteriors) { #expect(abs(one - two) < 1e-5, "\(command): \(name)") }
    }
  }

  private func evaluate(_ net: String, _ data: String, _ output: String) throws -> [String: Answer] {
    try run("evaluate", "--checkpoint", net, "--data", data, "--output", output, "--batch", "7")
    let lines = try String(contentsOfFile: output + "/predictions.csv", encoding: .utf8).split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    let columns = Dictionary(uniqueKeysWithValues: zip(lines[0], lines[0].indices))
    let places = (1...3).compactMap { columns["top\($0)"] }
    let digest = try #require(columns["input_sha256"])
    return Dictionary(
      uniqueKeysWithValues: lines.dropFirst().map { line in
        (
          (line[0] as NSString).lastPathComponent,
          Answer(
            digest: line[digest], classes: places.map { line[$0] }, posteriors: places.compactMap { Double(line[$0 + 1]) })
        )
      })
  }

  /// What a result folder's manifest says.
  private func answers(in folder: String, _ set: PictureSetOnDisk) throws -> [String: Answer] {
    struct Record: Decodable {
      struct Class: Decodable { let `class`: String, posterior: Double }
      let source: String, inputSHA256: String, top5: [Class]
    }
    let text = try String(contentsOfFile: folder + "/manifest.jsonl", encoding: .utf8)
    return Dictionary(
      uniqueKeysWithValues: try text.split(separator: "\n").map { line in
        let record = try JSONDecoder().decode(Record.self, from: Data(line.utf8))
        return (
          (record.source as NSString).lastPathComponent,
          Answer(digest: record.inputSHA256, classes: record.top5.map(\.class), posteriors: record.top5.map(\.posterior))
        )
      })
  }

  private func run(_ arguments: String...) throws { try run(arguments[0], Array(arguments.dropFirst())) }

  private func run(_ command: String, _ arguments: [String]) throws {
    let result = try runTool("deepinside", [command] + arguments + ["--quiet"], timeout: 900)
    if result.exitCode != 0 { throw AgreementError(description: "\(command): \(result)") }
  }
}

/// Validation pictures of one class, with a box in each, and untrained nets that take them.
private final class PictureSetOnDisk {
  private static let classes = ["n1", "n2", "n3"]

  let folder: TemporaryFolder
  private(set) var names: [(file: String, item: String)] = []
  var data: String { folder.path("data") }

  init() throws { folder = try TemporaryFolder() }

  func checkpoint(crop: Int, side: Int, packedSide: Int? = nil) throws -> String {
    let network = try Network(
      json: """
        {"name": "wide", "input": [3, \(crop), \(crop)], "layers": [
          {"name": "conv1", "type": "convolution", "filters": 4, "kernel": 9, "stride": 8, "padding": 0},
          {"name": "relu1", "type": "relu"}, {"name": "fc2", "type": "fullyConnected", "outputs": 3}]}
        """)
    let store = try ParameterStore(network)
    Initialization.gaussian.fill(store, seed: 3)
    // Answers that differ from picture to picture.
    for parameter in store.parameters where parameter.spec.role == .weights {
      for index in parameter.range { store.values.all[index] *= parameter.name.hasPrefix("fc2") ? 3 : 1 }
    }
    store.valuesChanged()
    let contents = CheckpointContents(
      network: network, progress: TrainingProgress(learningRate: LearningRateState(rate: 0.01)),
      mean: (0..<network.input.count).map { 100 + Float($0 % 31) }, meanShape: network.input, classes: Self.classes,
      classNames: Self.classes, geometry: try InputGeometry(crop: crop, shorterSide: side, packedSide: packedSide))
    let path = folder.path("net-\(side)-\(packedSide ?? 0).h5")
    try Checkpoint.write(contents, store: store, to: path)
    return path
  }

  /// Pictures of all forms and many sizes: PNG and JPEG, grey, turned by EXIF, larger than eight times the shorter side.
  func writeMadeUp() throws {
    let sizes = [
      (75, 56), (93, 58), (255, 150), (146, 255), (126, 43), (340, 196), (500, 375), (613, 612), (1023, 767), (128, 2100),
      (1100, 1300),
    ]
    for (number, (width, height)) in sizes.enumerated() {
      let picture = Self.picture(width, height, seed: number)
      if number % 3 == 1 {
        try add("made-\(number).png", picture.encodedPNG(), picture.size)
      } else {
        try add("made-\(number).jpg", picture.encodedJPEG(quality: 85), picture.size)
      }
    }
    // An APP1 segment with orientation 6, behind the marker that starts a JPEG.
    let turned = Self.picture(601, 402, seed: 40)
    let exif: [UInt8] = [
      0xFF, 0xE1, 0, 34, 0x45, 0x78, 0x69, 0x66, 0, 0, 0x4D, 0x4D, 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0,
      0, 0, 0, 0,
    ]
    let jpeg = try turned.encodedJPEG(quality: 85)
    try add("made-turned.jpg", jpeg[..<2] + exif + jpeg[2...], PictureSize(width: 402, height: 601))
    try writeLarge()
  }

  /// A camera's picture: decoded at an eighth to a quarter of its size.
  func writeLarge() throws {
    let picture = Self.picture(3264, 2448, seed: 50)
    try add("made-large.jpg", picture.encodedJPEG(quality: 80), picture.size)
  }

  /// As many photographs, from the smallest to the largest, evenly spread.
  func copyPhotographs(from root: String, count: Int) throws {
    var found: [(size: PictureSize, path: String)] = []
    for part in ["samples", "ilsvrc-val/val", "raccoon/images", "horses/horse"] {
      let files = (try? FileManager.default.contentsOfDirectory(atPath: "\(root)/\(part)").sorted()) ?? []
      for file in files {
        let path = "\(root)/\(part)/\(file)"
        let bytes = [UInt8](FileManager.default.contents(atPath: path) ?? Data())
        if let facts = bytes.withUnsafeBytes({ PictureFacts($0) }) { found.append((facts.size, path)) }
      }
    }
    found.sort { ($0.size.width * $0.size.height, $0.path) < ($1.size.width * $1.size.height, $1.path) }
    for number in 0..<min(count, found.count) {
      let (size, path) = found[number * (found.count - 1) / max(1, count - 1)]
      let ending = (path as NSString).pathExtension
      try add("photograph-\(number).\(ending)", [UInt8](Data(contentsOf: URL(fileURLWithPath: path))), size)
    }
  }

  private func add(_ name: String, _ bytes: some Collection<UInt8>, _ size: PictureSize) throws {
    let stem = (name as NSString).deletingPathExtension
    names.append((name, stem))
    try put(bytes, at: "\(data)/val/n1/\(name)")
    let box = """
      <annotation><size><width>\(size.width)</width><height>\(size.height)</height></size><object><name>n1</name>
      <bndbox><xmin>1</xmin><ymin>1</ymin><xmax>\(size.width / 2 + 1)</xmax><ymax>\(size.height / 2 + 1)</ymax></bndbox></object></annotation>
      """
    try put(box.utf8, at: "\(data)/Annotations/\(stem).xml")
  }

  private static func picture(_ width: Int, _ height: Int, seed: Int) -> Picture {
    Picture(width: width, height: height) { target in
      for y in 0..<height {
        for x in 0..<width {
          let at = 3 * (y * width + x)
          target[at] = UInt8((255 * x / width + 40 * seed) % 256)
          target[at + 1] = UInt8((y * y / 9 + x) % 256)
          target[at + 2] = (x / 11 + y / 7 + seed) % 2 == 0 ? 30 : UInt8(255 * y / height)
        }
      }
    }
  }
}
