import Cluster
import Files
import Foundation
import HDF5
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
/// An item may have a sub-folder, see `ItemNames`: `OUT/c7/cat.h5`, `OUT/masks/c7/cat-1.png`.
/// An item is whole when both of its files are there and the manifest has its line. Files appear whole or not at all, the
/// HDF5 file last, and hold the manifest's line themselves: a line that a crash has swallowed is made again from it.
/// All ranks save items; rank 0 alone opens the folder and writes the rest.
public struct ResultStore: Sendable {
  public static let fileFormat = "deepinside-result"
  static let parametersFile = "parameters.json"
  static let manifestFile = "manifest.jsonl"
  static let summaryFile = "summary.json"
  static let pageFile = "index.html"
  /// What is beside the header.
  private static let about = [
    manifestFile, summaryFile, renderingFile, pageFile, "\(GalleryFiles.pageFolder)/\(GalleryFiles.pageFile(1))",
    ContactSheet.file,
  ]
  /// Of `localise`, in the result folder.
  static let maskFolder = "masks"

  public let folder: String
  public let header: ResultHeader
  /// How its pictures are drawn; nil for those that show no map.
  let rendering: SaliencyRendering?

  public init(folder: String, header: ResultHeader, rendering: SaliencyRendering? = nil) {
    self.folder = folder
    self.header = header
    self.rendering = rendering
  }

  func path(_ name: String) -> String { (folder as NSString).appendingPathComponent(name) }
  func dataPath(of item: String) -> String { path(item + ".h5") }
  func picturePath(of item: String) -> String { path(item + ".png") }
  /// - Parameter rank: of the answer, from 1.
  func maskPath(of item: String, rank: Int) -> String { path("\(Self.maskFolder)/\(item)-\(rank).png") }

  // MARK: - Items

  /// Writes an item's two files; any rank.
  ///
  /// - Returns: its record, with what it is recognised by.
  /// - Throws: `FileError` or `HDF5Error` naming the file, for instance on a full disk.
  func save(_ result: ItemResult, of item: WorkItem) throws -> ResultRecord {
    var result = result
    result.record.describe(item)
    try save(result)
    return result.record
  }

  /// Writes an item's two files as they are.
  func save(_ result: ItemResult) throws {
    try Activity.during(.saving) { try saveNow(result) }
  }

  private func saveNow(_ result: ItemResult) throws {
    let record = result.record
    let texts = [
      "format": Self.fileFormat, "kind": record.kind, "class": record.class, "class_name": record.className,
      "parameters": try ResultJSON.text(header.parameters), "checkpoint_sha256": header.checkpointSHA256,
      "network": header.network, "top5": try ResultJSON.text(record.top5), "record": try ResultJSON.text(record),
    ]
    try makeFolder(of: dataPath(of: record.item))
    let optional = [
      "source": record.source, "truth": record.truth, "warning": record.warning, "input_sha256": record.inputSHA256,
    ].compactMapValues { $0 }
    try result.picture.writePNG(to: picturePath(of: record.item))
    try HDF5File.write(to: dataPath(of: record.item)) { (file) throws(HDF5Error) in
      for dataSet in result.dataSets { try file.write(dataSet.values, shape: dataSet.shape, to: dataSet.path) }
      // In one order: the same result is the same file, to the byte.
      for (name, text) in texts.merging(optional, uniquingKeysWith: { $1 }).sorted(by: { $0.key < $1.key }) {
        try file.setAttribute(name, to: text)
      }
      try file.setAttribute("version", to: Int64(1))
      try file.setAttribute("score", to: Double(record.score))
      try file.setAttribute("posterior", to: Double(record.posterior))
      for (name, value) in result.attributes.sorted(by: { $0.key < $1.key }) {
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
      case .string(let text)? = try? file.attribute("parameters"),
      let parameters = ResultJSON.value([String: ParameterValue].self, text),
      ResultHeader.differing(parameters, header.parameters).isEmpty,
      case .string(let text)? = try? file.attribute("record"),
      let record = ResultJSON.value(ResultRecord.self, text), record.item == item, record.kind == header.command
    else { return nil }
    return record
  }

  // MARK: - The folder, on rank 0

  /// Opens the folder, makes it when there is none, and finds what is whole in it.
  ///
  /// - Parameter overwrite: removes the results that are there, whatever their parameters. Other files stay.
  /// - Returns: the whole items.
  /// - Throws: `VisualizeError` when the folder has results of another checkpoint or with other parameters.
  func open(overwrite: Bool) throws -> [String: WholeItem] {
    try Visualize.makeFolder(folder)
    if overwrite { try removeResults() }
    guard let found = try ResultJSON.file(ResultHeader.self, path(Self.parametersFile)) else { return [:] }
    guard found.format == ResultHeader.formatName else {
      throw VisualizeError(
        .badData, "\(path(Self.parametersFile)) is no description of results; remove it or choose another --output")
    }
    if let difference = header.difference(from: found) {
      throw VisualizeError(
        .wrongUse,
        "\(folder) has results that can't be gone on with: \(difference); choose another --output or give --overwrite")
    }
    return try wholeItems()
  }

  /// Claims the folder for this job: refuses to write over files of somebody else, then writes the header, and a manifest of
  /// just the whole items.
  ///
  /// - Parameter items: the names of all items to come.
  func begin(items: [String], whole: [String: WholeItem]) throws {
    try refuseForeign(items: items)
    if !exists(path(Self.parametersFile)) {
      try AtomicFile.write(ResultJSON.text(header, pretty: true) + "\n", to: path(Self.parametersFile))
    }
    try beginDrawing(isEmpty: whole.isEmpty)
    let old = Manifest(of: folder)
    let manifest = try FileWriter(path(Self.manifestFile))
    for (item, found) in whole.sorted(by: { $0.key < $1.key }) {
      if let line = found.line, !found.isAltered {
        try old.bytes(of: line).withUnsafeBytes { try manifest.append($0) }
      } else if var record = try found.line.map(old.record) ?? recover(item) {
        record.source = found.movedTo ?? record.source
        record.pictureStamp = found.pictureStamp
        try Array((ResultJSON.text(record) + "\n").utf8).withUnsafeBytes { try manifest.append($0) }
      }
    }
    try manifest.commit()
  }

  /// - Parameter items: names of items to come.
  /// - Throws: `VisualizeError` when the folder holds no results, but files that would be written over.
  func refuseForeign(items: [String] = []) throws(VisualizeError) {
    guard !exists(path(Self.parametersFile)) else { return }
    let targets = Self.about.map(path) + items.flatMap { [dataPath(of: $0), picturePath(of: $0)] }
    if let foreign = targets.first(where: exists) {
      throw VisualizeError(.wrongUse, "\(foreign) exists and is no result of deepinside's; choose another --output")
    }
  }

  /// Items whose files are both there, by the manifest or, where it has lost a line, by the HDF5 file.
  private func wholeItems() throws -> [String: WholeItem] {
    var found: [String: WholeItem] = [:]
    try Manifest(of: folder).forEach { record, line in found[record.item] = WholeItem(record, line: line) }
    for item in storedItems() where found[item] == nil {
      if let record = recover(item) { found[item] = WholeItem(record, line: nil) }
    }
    return found.filter { exists(dataPath(of: $0.key)) && exists(picturePath(of: $0.key)) }
  }

  /// The names of all HDF5 files in the folder and the sub-folders of items, somebody else's too.
  private func storedItems() -> [String] {
    func names(_ folder: String) -> [String] { (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] }
    let top = names(folder)
    let below = top.filter(ItemNames.isSubfolder).flatMap { subfolder in names(path(subfolder)).map { "\(subfolder)/\($0)" } }
    return (top + below).filter { $0.hasSuffix(".h5") }.map { String($0.dropLast(3)) }.filter(ItemNames.isItem)
  }

  /// Marks what is about all results as not complete, before the first of a run: whatever ends the run then, no table or summary of an
  /// earlier one is taken for this one's.
  ///
  /// - Parameter summary: of the run as it begins.
  func beginRun(_ summary: JobSummary) throws {
    var summary = summary
    (summary.stopped, summary.unfinished) = (true, true)
    try AtomicFile.write(ResultJSON.text(summary, pretty: true) + "\n", to: path(Self.summaryFile))
    for table in LocalisationReport.files + AssessmentTable.files { try remove(path(table)) }
    if exists(path(Self.pageFile)) { try gallery(results: folder, GalleryOptions(isInterim: true)) }
  }

  // MARK: - Removing

  /// Removes the files that the manifest lists or that say of themselves that they are results, and those about them.
  private func removeResults() throws {
    guard exists(path(Self.parametersFile)), readText(Self.parametersFile).flatMap({ ResultJSON.value(ResultHeader.self, $0) }) != nil else { return }
    var items = Set(try Manifest(of: folder).latest().keys)
    for item in storedItems() where !items.contains(item) {
      guard let file = try? HDF5File.open(at: dataPath(of: item)) else { continue }
      if (try? file.attribute("format")) == .string(Self.fileFormat) { items.insert(item) }
    }
    for item in items {
      for file in [dataPath(of: item), picturePath(of: item)] { try remove(file) }
      for rank in 1...LocalisationScore.answers { try remove(maskPath(of: item, rank: rank)) }
    }
    // Folders that are empty now.
    let subfolders = Set(items.compactMap(ItemNames.subfolder))
    for folder in subfolders.flatMap({ [$0, "\(Self.maskFolder)/\($0)"] }) + [Self.maskFolder] { rmdir(path(folder)) }
    // The header goes last: until then the rest can be found.
    let tables = LocalisationReport.files + AssessmentTable.files
    GalleryFiles.removePages(in: folder, after: 0)
    for name in tables + Self.about + [Self.parametersFile] { try remove(path(name)) }
  }

  /// Removes a file in the folder, if there is one; not by a link in a folder's place, which may lead out of it.
  private func remove(_ file: String) throws(VisualizeError) {
    let top = FilePath.folder(of: path(Self.parametersFile))
    var parent = FilePath.folder(of: file)
    while parent.utf8.count > top.utf8.count {
      guard !isLink(parent) else { return }
      parent = FilePath.folder(of: parent)
    }
    guard exists(file) else { return }
    guard unlink(file) == 0 else {
      throw VisualizeError(.system, "cannot remove \(file): \(String(cString: strerror(errno)))")
    }
  }

  // MARK: - Files

  /// Makes the folder in which a file is to lie.
  func makeFolder(of file: String) throws(VisualizeError) { try Visualize.makeFolder(FilePath.folder(of: file)) }

  private func readText(_ name: String) -> String? {
    (try? WholeFile.read(FileName(path(name)), limit: ResultJSON.longestFile)).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Also of a broken link, which a file would replace.
  private func exists(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }

  private func isLink(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
  }
}
