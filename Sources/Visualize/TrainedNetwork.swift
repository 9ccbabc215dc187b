import Checkpoint
import Cluster
import ConvNet
import Data
import Foundation
import Results

/// What every visualisation starts from: a network with its weights, the mean of its pictures and the names of its classes.
public struct TrainedNetwork: Sendable {
  public let parameters: ParameterStore
  /// How pictures enter it, and what its outputs are called.
  public let spec: InputSpec
  /// The checkpoint's SHA-256, which results cite.
  public let digest: String
  /// The checkpoint's file name, without its folder.
  public let fileName: String

  public var network: Network { parameters.network }
  /// The mean picture at the size of the network's input, `[3, H, W]`, RGB 0–255.
  public var mean: [Float] { spec.mean }
  /// Principal axes of the training pixels' colours, each as long as its deviation; empty when the checkpoint has none.
  public var colourAxes: [SIMD3<Float>] { spec.colourAxes }
  /// The synset ids, in the order of the outputs.
  public var classes: [String] { spec.classes }
  /// Their words for people, in the same order.
  public var classNames: [String] { spec.classNames }

  public init(parameters: ParameterStore, spec: InputSpec, digest: String, fileName: String) {
    let input = parameters.network.input
    precondition(spec.geometry.width == input.width && spec.geometry.height == input.height, "inputs of another size")
    precondition(spec.classes.count == parameters.network.classCount, "\(spec.classes.count) classes")
    self.parameters = parameters
    self.spec = spec
    self.digest = digest
    self.fileName = fileName
  }

  /// A network whose pictures are resized in the paper's proportion.
  public init(
    parameters: ParameterStore, mean: [Float], colourAxes: [SIMD3<Float>] = [], classes: [String], classNames: [String],
    digest: String, fileName: String
  ) {
    let input = parameters.network.input
    guard let geometry = try? InputGeometry(width: input.width, height: input.height) else {
      preconditionFailure("an input of \(input)")
    }
    self.init(
      parameters: parameters,
      spec: InputSpec(geometry: geometry, mean: mean, colourAxes: colourAxes, classes: classes, classNames: classNames),
      digest: digest, fileName: fileName)
  }

  /// - Throws: `ResultsError` when the network doesn't take RGB pictures or the mean doesn't fit its input.
  public init(_ checkpoint: Checkpoint, path: String) throws(ResultsError) {
    let contents = checkpoint.contents
    let input = contents.network.input
    guard input.channels == 3 else {
      throw ResultsError(.badData, "\(path): expected a network for RGB pictures [3, H, W], found an input of \(input)")
    }
    guard let spec = contents.inputSpec else {
      throw ResultsError(
        .badData, "\(path): the mean is \(contents.meanShape), expected the network's input \(input), a larger one or [3, 1, 1]")
    }
    self.init(
      parameters: checkpoint.store, spec: spec, digest: checkpoint.digest, fileName: (path as NSString).lastPathComponent)
  }

  /// Reads a checkpoint without what only training needs.
  public static func read(_ path: String) throws -> TrainedNetwork {
    try TrainedNetwork(Activity.during(.reading) { try Checkpoint.read(path) }, path: path)
  }

  /// The index of a class.
  /// - Throws: `ResultsError` naming an unknown id.
  public func index(of wnid: String) throws(ResultsError) -> Int {
    guard let index = classes.firstIndex(of: wnid) else {
      let some = classes.prefix(5).joined(separator: ", ")
      throw ResultsError(
        .wrongUse,
        "unknown class '\(wnid)': \(fileName) knows \(classes.count) classes (\(some)\(classes.count > 5 ? ", …" : ""))")
    }
    return index
  }

  /// The classes that a list names: `all`, or synset ids between commas; each once, in the order of the list.
  /// - Throws: `ResultsError` naming an unknown id, or when the list names none.
  public func indices(of list: String) throws(ResultsError) -> [Int] {
    if list == "all" { return Array(classes.indices) }
    // An id may have a comma.
    if let index = classes.firstIndex(of: list) { return [index] }
    var indices: [Int] = []
    for part in list.split(separator: ",") {
      let index = try index(of: part.trimmingCharacters(in: .whitespaces))
      if !indices.contains(index) { indices.append(index) }
    }
    guard !indices.isEmpty else {
      throw ResultsError(.wrongUse, "no class in '\(list)': give 'all' or ids such as \(classes[0])")
    }
    return indices
  }
}
