import Checkpoint
import Files
import Foundation
import Images

/// One result, ready to be kept.
struct ItemResult {
  struct DataSet {
    let path: String
    let shape: [Int]
    let values: [Float]
  }

  var record: ResultRecord
  /// The raw floats.
  var dataSets: [DataSet]
  /// Further attributes of the HDF5 file.
  var attributes: [String: ParameterValue] = [:]
  /// Their rendering.
  var picture: Picture
}

/// A result folder: `OUT/<item>.h5` and `.png`, `manifest.jsonl`, `parameters.json`, `summary.json`, `index.html`.
///
/// An item is whole when both of its files are there and the manifest has its line. Files appear whole or not at all, the
/// HDF5 file last, and hold the manifest's line themselves: a line that a crash has swallowed is made again from it.
/// All ranks save items; rank 0 alone opens the folder and writes the rest.
public struct ResultStore: Sendable {
  public static let fileFormat = "deepinside-result"
  static let parametersFile = "parameters.json"
  static let manifestFile = "manifest.jsonl"
  static let summaryFile = "summary.json"
  static let pageFile = "index.html"
  /// Of `localise`, in the result folder.
  static let maskFolder = "masks"

  public let folder: String
  public let header: ResultHeader

  public init(folder: String, header: ResultHeader) {
    self.folder = folder
    self.header = header
  }

  func path(_ name: String) -> String { (folder as NSString).appendingPathComponent(name) }
  func dataPath(of item: String) -> String { path(item + ".h5") }
  func picturePath(of item: String) -> String { path(item + ".png") }
  /// - Parameter rank: of the answer, from 1.
  func maskPath(of item: String, rank: Int) -> String { path("\(Self.maskFolder)/\(item)-\(rank).png") }

  // MARK: - Items

  /// Writes an item's two files; any rank.
  ///
  /// - Throws: `FileError` or `HDF5Error` naming the file, for instance on a full disk.
  func save(_ result: ItemResult) throws {
    let record = result.record
    let texts = [
      "format": Self.fileFormat, "kind": record.kind, "class": record.class, "class_name": record.className,
      "parameters": try ResultJSON.text(header.parameters), "checkpoint_sha256": header.checkpointSHA256,
      "network": header.network, "top5": try ResultJSON.text(record.top5), "record": try ResultJSON.text(record),
    ]
    let optional = ["source": record.source, "truth": record.truth, "warning": record.warning].compactMapValues { $0 }
    try result.picture.writePNG(to: picturePath(of: record.item))
    try HDF5File.write(to: dataPath(of: record.item)) { (file) throws(HDF5Error) in
      for dataSet in result.dataSets { try file.write(dataSet.values, shape: dataSet.shape, to: dataSet.path) }
      for (name, text) in texts.merging(optional, uniquingKeysWith: { $1 }) { try file.setAttribute(name, to: text) }
      try file.setAttribute("version", to: Int64(1))
      try file.setAttribute("score", to: Double(record.score))
      try file.setAttribute("posterior", to: Double(record.posterior))
      for (name, value) in result.attributes {
        switch value {
        case .text(let text): try file.setAttribute(name, to: text)
        case .number(let number): try file.setAttribute(name, to: number)
        case .flag(let flag): try file.setAttribute(name, to: Int64(flag ? 1 : 0))
        }
      }
    }
  }

  /// The record that an item's HDF5 file holds; nil when there is no such file, it is damaged or no result of this header.
  func recover(_ item: String) -> ResultRecord? {
    guard let file = try? HDF5File.open(at: dataPath(of: item)),
      (try? file.attribute("format")) == .string(Self.fileFormat),
      (try? file.attribute("checkpoint_sha256")) == .string(header.checkpointSHA256),
      case .string(let parameters)? = try? file.attribute("parameters"),
      ResultJSON.value([String: ParameterValue].self, parameters) == header.parameters,
      case .string(let text)? = try? file.attribute("record"),
      let record = ResultJSON.value(ResultRecord.self, text), record.item == item, record.kind == header.command
    else { return nil }
    return record
  }

  // MARK: - The folder, on rank 0

  /// Opens the folder, makes it when there is none, and finds what is whole in it.
  ///
  /// - Parameter overwrite: removes the results that are there, whatever their parameters. Other files stay.
  /// - Returns: the records of whole items by name; the manifest then lists just these.
  /// - Throws: `VisualizeError` when the folder has results of another checkpoint or with other parameters.
  func open(overwrite: Bool) throws -> [String: ResultRecord] {
    try makeFolder()
    if overwrite { try removeResults() }
    var whole: [String: ResultRecord] = [:]
    if let text = readText(Self.parametersFile) {
      guard let found = ResultJSON.value(ResultHeader.self, text), found.format == ResultHeader.formatName else {
        throw VisualizeError(
          .badData, "\(path(Self.parametersFile)) is no description of results; choose another --output or give --overwrite")
      }
      if let difference = header.difference(from: found) {
        throw VisualizeError(
          .wrongUse,
          "\(folder) has results that can't be gone on with: \(difference); choose another --output or give --overwrite")
      }
      whole = wholeItems()
    }
    return whole
  }

  /// Claims the folder for this job: refuses to write over files of somebody else, then writes header and manifest.
  ///
  /// - Parameter items: the names of all items to come.
  func begin(items: [String], whole: [String: ResultRecord]) throws {
    if readText(Self.parametersFile) == nil {
      let own = [Self.manifestFile, Self.summaryFile, Self.pageFile]
      let targets = own.map(path) + items.flatMap { [dataPath(of: $0), picturePath(of: $0)] }
      if let foreign = targets.first(where: exists) {
        throw VisualizeError(.wrongUse, "\(foreign) exists and is no result of deepinside's; choose another --output")
      }
      try AtomicFile.write(ResultJSON.text(header, pretty: true) + "\n", to: path(Self.parametersFile))
    }
    let lines = try whole.values.sorted { $0.item < $1.item }.map { try ResultJSON.text($0) + "\n" }.joined()
    if lines != readText(Self.manifestFile) ?? "" { try AtomicFile.write(lines, to: path(Self.manifestFile)) }
  }

  /// The records of all results that the manifest lists, by item.
  var latestRecords: [String: ResultRecord] {
    Dictionary(Self.manifest(of: folder).map { ($0.item, $0) }) { _, new in new }
  }

  /// Items whose files are both there, by the manifest or, where it has lost a line, by the HDF5 file.
  private func wholeItems() -> [String: ResultRecord] {
    var records = latestRecords
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] where name.hasSuffix(".h5") {
      let item = String(name.dropLast(3))
      if records[item] == nil { records[item] = recover(item) }
    }
    return records.filter { exists(dataPath(of: $0.key)) && exists(picturePath(of: $0.key)) }
  }

  /// The lines of a folder's manifest that are whole, in their order.
  static func manifest(of folder: String) -> [ResultRecord] {
    let path = (folder as NSString).appendingPathComponent(manifestFile)
    guard let data = FileManager.default.contents(atPath: path) else { return [] }
    return data.split(separator: UInt8(ascii: "\n")).compactMap {
      ResultJSON.value(ResultRecord.self, String(decoding: $0, as: UTF8.self))
    }
  }

  /// Removes the files that the manifest lists or that say of themselves that they are results, and those about them.
  private func removeResults() throws {
    guard readText(Self.parametersFile).flatMap({ ResultJSON.value(ResultHeader.self, $0) }) != nil else { return }
    var items = Set(Self.manifest(of: folder).map(\.item))
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] where name.hasSuffix(".h5") {
      let item = String(name.dropLast(3))
      guard !items.contains(item), let file = try? HDF5File.open(at: dataPath(of: item)) else { continue }
      if (try? file.attribute("format")) == .string(Self.fileFormat) { items.insert(item) }
    }
    // A line of the manifest must not lead out of the folder. The header goes last: until then the rest can be found.
    let files = items.filter { !$0.contains("/") && !$0.hasPrefix(".") }.flatMap { item in
      [dataPath(of: item), picturePath(of: item)] + (1...LocalisationScore.answers).map { maskPath(of: item, rank: $0) }
    }
    let tables = LocalisationReport.files + AssessmentTable.files
    let about = (tables + [Self.pageFile, Self.summaryFile, Self.manifestFile, Self.parametersFile]).map(path)
    for file in files + about where exists(file) {
      guard unlink(file) == 0 else {
        throw VisualizeError(.system, "cannot remove \(file): \(String(cString: strerror(errno)))")
      }
    }
  }

  private func makeFolder() throws(VisualizeError) {
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw VisualizeError(.system, "cannot make the folder \(folder): \(error.localizedDescription)")
    }
  }

  private func readText(_ name: String) -> String? {
    FileManager.default.contents(atPath: path(name)).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Also of a broken link, which a file would replace.
  private func exists(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }
}
