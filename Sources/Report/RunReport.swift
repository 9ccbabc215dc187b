import Checkpoint
import Cluster
import ConvNet
import Files
import Foundation
import HDF5
import Pages

/// The page `report.html` of a run folder, made from `run.json`, `metrics.jsonl`, `classes.csv` and a checkpoint.
package struct RunReport {
  package let run: RunFolder
  private var history = RunHistory()

  package init(_ run: RunFolder) { self.run = run }

  /// Writes the page again, with the lines added to `metrics.jsonl` since the last time.
  /// - Throws: `JobError`, `FileError`.
  package mutating func write(filters: FilterPicture?) throws {
    try history.read(run.metrics)
    let page = ReportPage(
      run: try RunFacts(run.description), history: history, filters: filters, classes: ClassErrors.read(run.classErrors) ?? [])
    try AtomicFile.write(page.html(), to: run.report, flush: false)
  }
}

/// Runs the command `report`, which writes `report.html` of a run folder again.
///
/// - Returns: the page's path.
/// - Throws: `JobError` if the folder isn't a run's, `FileError` if the page can't be written.
public func report(run: RunFolder) throws -> String {
  var report = RunReport(run)
  try report.write(filters: newestFilters(in: run))
  return run.report
}

/// The first layer's filters from the newest checkpoint; nil if none can be read.
private func newestFilters(in run: RunFolder) -> FilterPicture? {
  let path = CheckpointFolder(run.checkpoints).latest
  guard let network = try? Checkpoint.readHeader(path).contents.network, let (layer, _) = FilterPicture.first(of: network),
    let file = try? HDF5File.open(at: path), let (values, shape) = try? file.readFloats("/parameters/\(layer)/weights"),
    shape.count == 4, shape[1] == 3, shape[2] == shape[3]
  else { return nil }
  return values.withUnsafeBufferPointer { FilterPicture(weights: $0, filters: shape[0], kernel: shape[2], layer: layer) }
}

/// The content of `run.json`, of any version, for a page.
struct RunFacts {
  /// Every entry, including the options, as name and text, sorted by name.
  let rows: [(name: String, value: String)]
  let network: String
  let classes: Int?
  let trainPictures: Int?
  let batch: Int?
  let epochs: Int?
  /// The number of updates of the whole run; nil for older runs, where it follows from the batch.
  let recordedSteps: Int?

  /// - Throws: `JobError` if there is no such file, or no JSON object in it.
  init(_ path: String) throws {
    guard FileManager.default.fileExists(atPath: path), let text = try? WholeFile.read(FileName(path), limit: 1 << 24) else {
      throw JobError.badData("cannot read \(path): missing or unreadable; --run takes a folder that train has made")
    }
    guard let object = try? JSONSerialization.jsonObject(with: Data(text)) as? [String: Any] else {
      throw JobError.badData("cannot read \(path): it is no JSON object; the next start of the run writes it anew")
    }
    let options = object["options"] as? [String: Any] ?? [:]
    rows =
      (object.filter { $0.key != "options" }.map { ($0.key, Self.text($0.value)) } + options.map { ($0.key, Self.text($0.value)) })
      .sorted { $0.0.localizedStandardCompare($1.0) == .orderedAscending }
    network = options["network"] as? String ?? "a network"
    classes = object["classes"] as? Int
    trainPictures = object["trainPictures"] as? Int
    recordedSteps = object["totalSteps"] as? Int
    batch = options["batch"] as? Int
    epochs = options["epochs"] as? Int
  }

  /// Turns a JSON value into text. True and false arrive as numbers of one byte.
  private static func text(_ value: Any) -> String {
    switch value {
    case let list as [Any]: list.map(text).joined(separator: " ")
    case let number as NSNumber where String(cString: number.objCType) == "c": number.boolValue ? "yes" : "no"
    case let number as NSNumber: LineChart.plain(number.doubleValue)
    default: "\(value)"
    }
  }

  var totalSteps: Int? {
    if let recordedSteps { return recordedSteps }
    guard let epochs, let trainPictures, let batch, batch > 0 else { return nil }
    return (epochs * trainPictures + batch - 1) / batch
  }
}
