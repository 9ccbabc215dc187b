import Attribution
import ConvNet
import Data
import DataSets
import Files
import Foundation
import HDF5
import Images
import Results
import Segmentation

/// Maps that an earlier run has kept in the dataset `/maps` of its results.
public struct StoredMaps: Sendable {
  public let folder: String
  private let parameters: [String: ParameterValue]
  private let results: EarlierResults

  /// - Throws: `ResultsError` if the folder has no results of `localise` with maps, or they are of another checkpoint.
  public init(folder: String, net: TrainedNetwork) throws {
    let path = (folder as NSString).appendingPathComponent(ResultStore.parametersFile)
    guard let header = try ResultJSON.file(ResultHeader.self, path), header.command == LocalisationJob.command,
      header.parameters["maps_kept"] == .flag(true)
    else {
      throw ResultsError(.badData, "\(folder) has no results of localise that keep their maps; make them without --drop-maps")
    }
    guard header.checkpointSHA256 == net.digest else {
      throw ResultsError(
        .wrongUse, "the maps of \(folder) are of the checkpoint \(header.checkpointFile) with another SHA-256; give that one")
    }
    self.folder = folder
    parameters = header.parameters
    results = try EarlierResults(in: folder)
  }

  /// The parameters that the maps depend on: all parameters of the folder but those of what was made from the maps.
  var ownParameters: [String: ParameterValue] {
    let others = LocalisationOptions().parameters.keys
    var own = parameters.filter { name, _ in !others.contains(name) && name != "maps_kept" && name != "annotations" }
    // Folders that don't record the precision were made in float32.
    if own[ResultHeader.precision] == nil { own[ResultHeader.precision] = .text(Precision.float32.rawValue) }
    return own
  }

  /// - Parameter picture: the picture, which is recognised by its path within the folder that was given if it has moved since.
  func maps(of picture: PictureSource, classes: [String]) throws -> ClassMaps {
    guard let item = try results.item(of: picture) else {
      throw ResultsError(.badData, "\(folder) has no maps of \(picture.path.written)")
    }
    let path = (folder as NSString).appendingPathComponent(item + ".h5")
    let file = try ResultDamage.open(item, in: folder, madeBy: LocalisationJob.command)
    let shape = try file.shape(of: "/maps")
    guard case .string(let text) = try file.attribute("record"), let record = ResultJSON.value(ResultRecord<NoFacts>.self, text),
      shape.count == 3, shape[0] == record.top5.count, shape.dropFirst().allSatisfy(NumberLimits.sides.contains)
    else { throw ResultsError(.badData, "\(path) isn't as localise makes it; remove it and make it again") }
    let (values, _) = try file.readFloats("/maps")
    let area = shape[1] * shape[2]
    return ClassMaps(
      classes: try record.top5.map { found in
        guard let index = classes.firstIndex(of: found.class) else {
          throw ResultsError(.badData, "\(path): the network has no class \(found.class)")
        }
        return RankedClass(index: index, score: found.score, posterior: found.posterior)
      },
      size: PictureSize(width: shape[2], height: shape[1]),
      maps: (0..<shape[0]).map { Array(values[($0 * area)..<(($0 + 1) * area)]) },
      inputSHA256: record.inputSHA256)
  }
}
