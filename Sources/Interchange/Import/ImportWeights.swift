import Checkpoint
import ConvNet
import Files
import Foundation

/// A network that was read from another program's file, ready to be written as a checkpoint.
public struct ImportedCheckpoint {
  public let contents: CheckpointContents
  public let store: ParameterStore
  /// Facts for the user: differences from the published net, values that were assumed.
  public let notes: [String]

  /// Writes the checkpoint. It holds no velocity: training can't go on from it, but everything else works.
  public func write(to path: String) throws { try Checkpoint.write(contents, store: store, to: path) }
}

/// Reads published weights: Caffe's `.caffemodel`, or MatConvNet's `.mat`.
///
/// - Parameters:
///   - mean: A `.binaryproto` of Caffe; nil for the mean in the file.
///   - synsetWords: A file of lines `n01440764 tench, Tinca tinca` in the order of the outputs; nil for the classes in the file.
///   - side: The side of the square input in pixels; nil for the one that the file states.
/// - Throws: `InterchangeError` if a file can't be read, or the files don't fit together.
public func importWeights(
  _ path: String, mean meanPath: String? = nil, synsetWords: String? = nil, side: Int? = nil
) throws(InterchangeError) -> ImportedCheckpoint {
  // The content decides; the name counts only if the content is of no known kind.
  let kind = ForeignFile.recognised(at: path)?.kind
  let isMatlab = kind == .matlab5 || kind == .matlab73 || path.hasSuffix(".mat")
  var imported = isMatlab ? try MatConvNetModel.read(path, side: side) : try CaffeModel.read(path)
  guard !imported.layers.isEmpty else { throw .badData(path, "no layer of it computes anything") }
  let network = try imported.network(path: path, side: side)
  var notes = imported.notes
  if let meanPath { imported.mean = try CaffeBlob.mean(meanPath) }
  let colour: [Float] = [123.68, 116.779, 103.939]
  if imported.mean == nil {
    let named = imported.meanFile.map { ", but names one, \($0)" } ?? ""
    notes.append("the file holds no mean picture\(named): ILSVRC's mean colour, RGB \(colour), is taken; better give --mean")
  }
  if let synsetWords { (imported.classes, imported.classNames) = try classes(in: synsetWords) }
  guard !imported.classes.isEmpty else {
    throw InterchangeError(.wrongUse, "\(path) doesn't name its \(network.classCount) classes; give --synset-words")
  }
  guard imported.classes.count == network.classCount, imported.classNames.count == network.classCount else {
    let source = synsetWords ?? path
    throw .badData(source, "it names \(imported.classes.count) classes, the network of \(path) has \(network.classCount) outputs")
  }
  if network.name != Preset.cnnF.rawValue {
    notes.append("the network is not the chain of \(Preset.cnnF.rawValue): results are not comparable with the paper's")
  }
  var contents = CheckpointContents(
    network: network, progress: TrainingProgress(learningRate: LearningRateState(rate: 0)), options: provenance(path),
    mean: imported.mean?.values ?? colour, meanShape: imported.mean?.shape ?? Shape(channels: 3), classes: imported.classes,
    classNames: imported.classNames)
  guard let mean = contents.fittedMean else {
    throw .badData(meanPath ?? path, "the mean is \(contents.meanShape), smaller than the network's input \(network.input)")
  }
  (contents.mean, contents.meanShape) = (mean, network.input)
  let store = try imported.store(of: network)
  if let parameter = store.firstNonFinite {
    throw .badData(path, "layer '\(parameter.layer)': its \(parameter.spec.role.rawValue) have values that are no finite numbers")
  }
  return ImportedCheckpoint(contents: contents, store: store, notes: notes)
}

/// The origin of the weights, in the place of the options of a run.
private func provenance(_ path: String) -> String {
  let object = ["importedFrom": (path as NSString).lastPathComponent]
  return (try? JSONSerialization.data(withJSONObject: object)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
}

/// The synset ids and names in the order of the outputs: that of the lines, or that of the lines' numbers if they follow the
/// order of the ids.
private func classes(in path: String) throws(InterchangeError) -> ([String], [String]) {
  let list: ClassList
  do throws(TextListError) { list = try ClassList(contentsOf: path) } catch {
    throw InterchangeError(.badData, error.description)
  }
  let entries = list.entries.sorted { ($0.number ?? $0.line) < ($1.number ?? $1.line) }
  let ids = entries.map(\.wnid)
  guard Set(ids).count == ids.count else { throw .badData(path, "a synset id stands twice") }
  guard !list.hasNumbers || zip(ids, ids.dropFirst()).allSatisfy({ $0.utf8.lexicographicallyPrecedes($1.utf8) }) else {
    throw .badData(
      path,
      "it numbers classes in an order of its own (\(entries[0].number ?? 0) is \(ids[0])), which says nothing of the network's outputs; "
        + "give a list whose lines, without numbers, are in their order")
  }
  return (ids, entries.map { $0.words ?? $0.wnid })
}
