import Cluster
import ConvNet
import Data
import Files
import Foundation

/// What follows from the options of a job and the number of classes: the network and all its numbers. Computed without messages.
struct ResolvedRun {
  let network: Network
  /// With the crop and the shorter side that are used.
  let options: TrainingOptions

  /// The crop is the network's input; the shorter side keeps the paper's 256 : 224 where nothing else is given.
  ///
  /// - Throws: `JobError` of wrong use for a network that can't be read, doesn't fit the data, or sizes that don't fit it.
  init(_ job: TrainingJob, classes: Int) throws {
    network = try Self.network(job.options.network, classes: classes)
    let side = network.input.width
    if let crop = job.crop, crop != side {
      throw JobError.wrongUse("--crop \(crop): the network '\(network.name)' takes crops of \(side) pixels")
    }
    let shorterSide = job.shorterSide ?? InputGeometry.defaultShorterSide(crop: side)
    guard shorterSide >= side else {
      throw JobError.wrongUse("--shorter-side \(shorterSide) is less than the crop of \(side) pixels")
    }
    var options = job.options
    (options.crop, options.shorterSide) = (side, shorterSide)
    self.options = options
  }

  /// A preset by name, or a JSON file; its outputs must be the data's classes.
  private static func network(_ name: String, classes: Int) throws -> Network {
    if let preset = Preset(rawValue: name) { return try preset.network(classes: classes) }
    guard FileManager.default.fileExists(atPath: name) else {
      throw JobError.wrongUse("--network \(name): neither a preset (\(Preset.names)) nor a readable file")
    }
    let network: Network
    do {
      let text = try WholeFile.read(FileName(name), limit: Network.longestDescription)
      network = try Network(json: String(decoding: text, as: UTF8.self))
    } catch let error as FileError where error.storageTrouble != nil {
      throw error
    } catch {
      throw JobError.wrongUse("\(name): \(error)")
    }
    guard network.classCount == classes else {
      throw JobError.wrongUse("\(name): the network has \(network.classCount) outputs, the data \(classes) classes")
    }
    guard network.input.channels == 3, network.input.height == network.input.width else {
      throw JobError.wrongUse("\(name): the input is \(network.input); pictures are square crops, [3, side, side]")
    }
    return network
  }
}
