import ConvNet
import Foundation
import Images
import TestSupport

@testable import Visualize

/// A result folder whose results nobody computed.
struct MadeUpResults {
  let folder: TemporaryFolder
  let network: TrainedNetwork
  let store: ResultStore

  init(
    _ command: String, classes: Int = 5, parameters: [String: ParameterValue] = [:]
  ) throws {
    folder = try TemporaryFolder()
    network = TrainedNetwork(
      parameters: try linearNet(classes: classes), mean: [Float](repeating: 0, count: 108),
      classes: (0..<classes).map(Self.wnid),
      classNames: (0..<classes).map { $0 == Self.goldfish ? "goldfish, Carassius auratus" : "name \($0), other word" },
      digest: "0123456789abcdef", fileName: "best.h5")
    store = ResultStore(
      folder: folder.path("out"), header: ResultHeader(command: command, parameters: parameters, net: network))
  }

  /// The class that has a name of its own.
  static let goldfish = 42

  static func wnid(_ index: Int) -> String { "n\(10_000_000 + 13 * index)" }

  /// Of class `index`, with scores all different: 7 · index mod 1009.
  func record(_ item: String, _ index: Int, source: String? = nil) -> ResultRecord {
    let classIndex = index % network.classes.count
    return ResultRecord(
      item: item, kind: store.header.command, classIndex: classIndex, score: Float(7 * index % 1009),
      posterior: Float(index % 997) / 997, top: [RankedClass(index: classIndex, score: 1, posterior: 0.5)], net: network,
      source: source, truth: source.map { _ in Self.wnid(classIndex) })
  }

  /// Saves a saliency map of a picture.
  func save(_ record: ResultRecord, _ map: [Float], of picture: Picture) throws {
    try store.save(
      ItemResult(
        record: record, dataSets: [.init(path: "/map", shape: [picture.height, picture.width], values: map)],
        picture: picture.beside(SaliencyRendering().picture(of: map, width: picture.width, height: picture.height))))
  }
}
