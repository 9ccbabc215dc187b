import Attribution
import ConvNet
import Data
import DataSets
import Files
import Foundation
import HDF5
import Images
import Segmentation

/// Maps that an earlier run has kept: `/maps` of its results.
struct StoredMaps: Sendable {
  let folder: String
  let parameters: [String: ParameterValue]
  private let results: EarlierResults

  /// - Throws: `VisualizeError` when the folder has no results of `localise` with maps, or they are of another checkpoint.
  init(folder: String, net: TrainedNetwork) throws {
    let path = (folder as NSString).appendingPathComponent(ResultStore.parametersFile)
    guard let header = try ResultJSON.file(ResultHeader.self, path), header.command == LocalisationJob.command, header.parameters["maps_kept"] == .flag(true)
    else {
      throw VisualizeError(.badData, "\(folder) has no results of localise that keep their maps; make them without --drop-maps")
    }
    guard header.checkpointSHA256 == net.digest else {
      throw VisualizeError(
        .wrongUse, "the maps of \(folder) are of the checkpoint \(header.checkpointFile) with another SHA-256; give that one")
    }
    self.folder = folder
    parameters = header.parameters
    results = try EarlierResults(in: folder)
  }

  /// - Parameters:
  ///   - source: the picture's file.
  ///   - name: its path from the folder that was given, by which it is found where it has moved since.
  func maps(of source: String, name: FileName?, classes: [String]) throws -> ClassMaps {
    guard let item = try results.item(of: PictureFile(path: FileName(written: source), name: name)) else {
      throw VisualizeError(.badData, "\(folder) has no maps of \(source)")
    }
    let path = (folder as NSString).appendingPathComponent(item + ".h5")
    let file = try HDF5File.open(at: path)
    let shape = try file.shape(of: "/maps")
    guard case .string(let text) = try file.attribute("record"), let record = ResultJSON.value(ResultRecord.self, text),
      shape.count == 3, shape[0] == record.top5.count, shape.dropFirst().allSatisfy(NumberLimits.sides.contains)
    else { throw VisualizeError(.badData, "\(path) isn't as localise makes it; remove it and make it again") }
    let (values, _) = try file.readFloats("/maps")
    let area = shape[1] * shape[2]
    return ClassMaps(
      classes: try record.top5.map { found in
        guard let index = classes.firstIndex(of: found.class) else {
          throw VisualizeError(.badData, "\(path): the network has no class \(found.class)")
        }
        return RankedClass(index: index, score: found.score, posterior: found.posterior)
      },
      size: PictureSize(width: shape[2], height: shape[1]),
      maps: (0..<shape[0]).map { Array(values[($0 * area)..<(($0 + 1) * area)]) },
      inputSHA256: record.inputSHA256)
  }
}

/// Makes a picture ready: for the net, or with maps from an earlier run.
struct MapSource: Sendable {
  let net: TrainedNetwork
  let stored: StoredMaps?
  let crops: TestCrops
  let options: LocalisationOptions

  struct Prepared: Sendable {
    enum Input: Sendable {
      case picture(TestPicture)
      case maps(ClassMaps)
    }

    let input: Input
    let localiser: Localiser
    /// Of the picture in the file.
    let frame: PictureFrame
    /// What it took.
    let seconds: Double
  }

  /// - Throws: `ImageError` when the picture can't be read; `HDF5Error` or `VisualizeError` when its stored maps can't.
  func prepare(_ item: WorkItem, decoder: PictureDecoder) throws -> Prepared {
    guard let source = item.source else { throw VisualizeError(.badData, "\(item.name) has no picture") }
    let start = ContinuousClock.now
    let geometry = net.spec.geometry
    let bytes = try decoder.contents(of: FileName(written: source))
    let frame = PictureFacts(bytes).map { PictureFrame($0) }
    let picture = try geometry.prepare(bytes, name: source, decoder: decoder)
    // The cut is always of the file's own pixels, which a large JPEG isn't decoded to for the net.
    let whole = picture.decoded.size == picture.original ? picture.decoded : try decoder.decode(bytes, name: source)
    let input: Prepared.Input =
      if let stored {
        .maps(try stored.maps(of: source, name: item.picture, classes: net.classes))
      } else {
        .picture(try TestPicture(picture, geometry: geometry, crops: crops))
      }
    return Prepared(
      input: input, localiser: try Localiser(whole, options: options),
      frame: frame ?? PictureFrame(width: whole.width, height: whole.height),
      seconds: (ContinuousClock.now - start) / .seconds(1))
  }
}
