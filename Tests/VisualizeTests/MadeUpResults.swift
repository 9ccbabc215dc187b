import Attribution
import ConvNet
import Files
import Foundation
import HDF5
import Images
import TestSupport

@testable import Results
@testable import Visualize

/// A result folder whose results nobody computed.
struct MadeUpResults {
  let folder: TemporaryFolder
  let network: TrainedNetwork
  let store: ResultStore
  /// How its maps are drawn.
  let rendering: SaliencyRendering

  init(
    _ command: String, classes: Int = 5, parameters: [String: ParameterValue] = [:],
    rendering: SaliencyRendering = SaliencyRendering()
  ) throws {
    folder = try TemporaryFolder()
    network = TrainedNetwork(
      parameters: try linearNet(classes: classes), mean: [Float](repeating: 0, count: 108),
      classes: (0..<classes).map(Self.wnid),
      classNames: (0..<classes).map { $0 == Self.goldfish ? "goldfish, Carassius auratus" : "name \($0), other word" },
      digest: "0123456789abcdef", fileName: "best.h5")
    store = ResultStore(
      folder: folder.path("out"),
      header: ResultHeader(command: command, parameters: parameters, net: network, compute: ComputeSettings()),
      layout: .ofAllJobs)
    self.rendering = rendering
  }

  /// The class that has a name of its own.
  static let goldfish = 42

  static func wnid(_ index: Int) -> String { "n\(10_000_000 + 13 * index)" }

  /// Of class `index`, with scores all different: 7 · index mod 1009.
  func record(_ item: String, _ index: Int, source: String? = nil) -> ResultRecord<NoFacts> {
    let classIndex = index % network.classes.count
    var record = CommonFacts(
      item: item, kind: store.header.command, classIndex: classIndex, score: Float(7 * index % 1009),
      posterior: Float(index % 997) / 997, top: [RankedClass(index: classIndex, score: 1, posterior: 0.5)], net: network)
    (record.source, record.truth) = (source, source.map { _ in Self.wnid(classIndex) })
    return ResultRecord(record, NoFacts())
  }

  /// Saves a saliency map of a picture.
  ///
  /// - Returns: its line for the manifest.
  @discardableResult
  func save(_ record: ResultRecord<NoFacts>, _ map: [Float], of picture: Picture, attributes: [String: ParameterValue] = [:])
    throws -> String
  {
    try store.save(
      ItemResult(
        record, dataSets: [.init(path: "/map", shape: [picture.height, picture.width], values: map)],
        attributes: attributes, picture: rendering.result(map, on: picture).png)
    ).line
  }

  /// A manifest and pictures of `width` × 24; of class models score traces too. No file is waited for: there may be thousands.
  func writeQuickly(_ items: [String], width: Int, sources: Bool) throws {
    _ = try store.open(overwrite: false)
    try store.begin(items: items, whole: [:], facts: NoFacts.self)
    let pictures = try (0..<7).map { shade in
      try Picture(width: width, height: 24, pixels: (0..<(width * 72)).map { UInt8(($0 * (shade + 3)) % 251) }).encodedPNG()
    }
    var lines = ""
    for (index, item) in items.enumerated() {
      try store.makeFolder(of: store.dataPath(of: item))
      try Data(pictures[index % 7]).write(to: URL(fileURLWithPath: store.picturePath(of: item)))
      lines += try ResultJSON.text(record(item, index, source: sources ? "/pictures/\(item).JPEG" : nil)) + "\n"
      guard !sources else { continue }
      let file = try HDF5File.create(at: store.dataPath(of: item))
      try file.write((0..<50).map { Float($0) * Float(index) / 50 }, shape: [50], to: "/score_trace")
    }
    try lines.write(toFile: store.path(ResultStore.manifestFile), atomically: false, encoding: .utf8)
  }
}
