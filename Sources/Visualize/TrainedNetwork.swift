import Attribution
import Checkpoint
import Cluster
import ConvNet
import Data
import Foundation
import Results

/// A network with its weights, the mean of its pictures and the names of its classes, which every visualisation needs.
public struct TrainedNetwork: Sendable {
  public let parameters: ParameterStore
  /// How pictures enter the net, and the names of its outputs.
  public let spec: InputSpec
  /// The checkpoint's SHA-256, which is recorded in results.
  public let digest: String
  /// The checkpoint's file name, without its folder.
  public let fileName: String

  public var network: Network { parameters.network }
  /// The mean picture at the size of the network's input, `[3, H, W]`, RGB 0–255.
  public var mean: [Float] { spec.mean }
  /// The principal axes of the training pixels' colours, each as long as its standard deviation; empty if the checkpoint has
  /// none.
  public var colourAxes: [SIMD3<Float>] { spec.colourAxes }
  /// The synset ids of the classes, in the order of the outputs.
  public var classes: [String] { spec.classes }
  /// The words of the classes for people, in the same order.
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

  /// Makes a network whose pictures are resized in the paper's proportion.
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

  /// - Throws: `ResultsError` if the network doesn't take RGB pictures, or the mean doesn't fit its input.
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

  /// Reads a checkpoint, without the parts that only training needs.
  public static func read(_ path: String) throws -> TrainedNetwork {
    try TrainedNetwork(Activity.during(.reading) { try Checkpoint.read(path) }, path: path)
  }

  /// The index of a class.
  /// - Throws: `ResultsError` that names an unknown id.
  public func index(of wnid: String) throws(ResultsError) -> Int {
    guard let index = classes.firstIndex(of: wnid) else {
      let some = classes.prefix(5).joined(separator: ", ")
      throw ResultsError(
        .wrongUse,
        "unknown class '\(wnid)': \(fileName) knows \(classes.count) classes (\(some)\(classes.count > 5 ? ", …" : ""))")
    }
    return index
  }

  /// The indices of the classes in a list: `all`, or synset ids separated by commas. Each class is returned once, in the order of
  /// the list.
  /// - Throws: `ResultsError` that names an unknown id, or if the list is empty.
  public func indices(of list: String) throws(ResultsError) -> [Int] {
    if list == "all" { return Array(classes.indices) }
    // An id may contain a comma.
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

extension TrainedNetwork {
  /// Makes the saliency method of that name for this network and its mean picture.
  ///
  /// - Throws: `AttributionError`, see `SaliencyMethods.make`.
  public func method(
    _ name: String, _ options: SaliencyMethodOptions = SaliencyMethodOptions()
  ) throws -> any SaliencyMethod {
    var options = options
    options.mean = mean
    return try SaliencyMethods.make(name, options, for: network)
  }
}
