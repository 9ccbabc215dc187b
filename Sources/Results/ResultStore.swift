import Cluster
import Files
import Foundation
import HDF5
import Threads

/// One result, ready to be saved.
package struct ItemResult<Facts: RecordFacts> {
  package struct DataSet {
    package let path: String
    package let shape: [Int]
    package let values: [Float]

    package init(path: String, shape: [Int], values: [Float]) {
      (self.path, self.shape, self.values) = (path, shape, values)
    }
  }

  /// Makes the bytes of a file, when the file is written.
  package typealias Contents = (_ path: String) throws -> [UInt8]

  package var record: ResultRecord<Facts>
  /// The raw floats.
  package var dataSets: [DataSet]
  /// Further attributes of the HDF5 file.
  package var attributes: [String: ParameterValue]
  /// Further files of the item, with their paths in the folder.
  package var attachments: [(file: String, contents: Contents)]
  /// The PNG file, a rendering of the floats.
  package var picture: Contents

  package init(
    _ record: ResultRecord<Facts>, dataSets: [DataSet], attributes: [String: ParameterValue] = [:],
    attachments: [(file: String, contents: Contents)] = [], picture: @escaping Contents
  ) {
    (self.record, self.dataSets, self.attributes) = (record, dataSets, attributes)
    (self.attachments, self.picture) = (attachments, picture)
  }
}

/// What rank 0 must know of a result that was saved.
package struct SavedItem: Codable, Sendable {
  package let item: String
  package let source: String?
  package let warning: String?
  /// The record as text, as it is in the HDF5 file; it becomes the manifest's line.
  package let line: String
}

/// A result folder: `OUT/<item>.h5` and `.png`, `manifest.jsonl`, `parameters.json`, `summary.json`, `index.html`.
///
/// An item may have a sub-folder (see `ItemNames`): `OUT/c7/cat.h5`.
/// An item is whole if both of its files exist, none is cut, and the manifest has its line. Files appear only when they are complete, the HDF5
/// file last. It contains the manifest's line too, from which a line that was lost in a crash is restored.
/// All ranks save items. Only rank 0 opens the folder and writes the other files.
public struct ResultStore: Sendable {
  package static let fileFormat = "deepinside-result"
  package static let parametersFile = "parameters.json"
  package static let manifestFile = "manifest.jsonl"
  package static let summaryFile = "summary.json"

  public let folder: String
  public let header: ResultHeader
  private let layout: ResultLayout

  package init(folder: String, header: ResultHeader, layout: ResultLayout) {
    (self.folder, self.header, self.layout) = (folder, header, layout)
  }

  package func path(_ name: String) -> String { (folder as NSString).appendingPathComponent(name) }
  package func dataPath(of item: String) -> String { path(item + ".h5") }
  package func picturePath(of item: String) -> String { path(item + ".png") }
  private var about: [String] { [Self.manifestFile, Self.summaryFile] + layout.about }

  // MARK: - Items

  /// Writes an item's files. Any rank may call it.
  ///
  /// - Parameter picture: the picture that the result belongs to and is recognised by.
  /// - Throws: `FileError` or `HDF5Error` that names the file, for instance if the disk is full.
  package func save(_ result: ItemResult<some RecordFacts>, of picture: PictureSource? = nil) throws -> SavedItem {
    var result = result
    if let picture { result.record.common.describe(picture) }
    return try Activity.during(.saving) { try saveNow(result) }
  }

  private func saveNow(_ result: ItemResult<some RecordFacts>) throws -> SavedItem {
    let record = result.record.common
    let line = try ResultJSON.text(result.record)
    let texts = [
      "format": Self.fileFormat, "kind": record.kind, "class": record.class, "class_name": record.className,
      "parameters": try ResultJSON.text(header.parameters), "checkpoint_sha256": header.checkpointSHA256,
      "network": header.network, "top5": try ResultJSON.text(record.top5), "record": line,
    ]
    let optional = [
      "source": record.source, "truth": record.truth, "warning": record.warning, "input_sha256": record.inputSHA256,
    ].compactMapValues { $0 }
    for (file, contents) in result.attachments { try write(contents, to: path(file), flush: false) }
    try write(result.picture, to: picturePath(of: record.item), flush: true)
    try HDF5File.write(to: dataPath(of: record.item)) { (file) throws(HDF5Error) in
      for dataSet in result.dataSets { try file.write(dataSet.values, shape: dataSet.shape, to: dataSet.path) }
      // The order is fixed, so that the same result gives the same bytes.
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
    return SavedItem(item: record.item, source: record.source, warning: record.warning, line: line)
  }

  private func write(_ contents: (_ path: String) throws -> [UInt8], to path: String, flush: Bool) throws {
    try makeFolder(of: path)
    try AtomicFile.write(contents(path), to: path, flush: flush)
  }

  /// Reads the record in an item's HDF5 file; nil if there is no such file, it is damaged, or it belongs to another header.
  package func recover<Facts>(_ item: String, _ facts: Facts.Type = NoFacts.self) -> ResultRecord<Facts>? {
    guard let file = try? HDF5File.open(at: dataPath(of: item)),
      (try? file.attribute("format")) == .string(Self.fileFormat),
      (try? file.attribute("checkpoint_sha256")) == .string(header.checkpointSHA256),
      case .string(let text)? = try? file.attribute("parameters"),
      let parameters = ResultJSON.value([String: ParameterValue].self, text),
      ResultHeader.differing(parameters, header.parameters).isEmpty,
      case .string(let text)? = try? file.attribute("record"),
      let record = ResultJSON.value(ResultRecord<Facts>.self, text), record.item == item, record.kind == header.command
    else { return nil }
    return record
  }

  // MARK: - The folder, on rank 0

  /// Opens the folder, makes it if there is none, and finds the whole results in it.
  ///
  /// - Parameter overwrite: true if existing results are removed, whatever their parameters. Other files stay.
  /// - Returns: the whole items.
  /// - Throws: `ResultsError` if the folder has results of another checkpoint or with other parameters.
  package func open(overwrite: Bool) throws -> [String: WholeItem] {
    try FilePath.makeFolder(folder)
    if overwrite { try removeResults() }
    guard let found = try ResultJSON.file(ResultHeader.self, path(Self.parametersFile)) else { return [:] }
    guard found.format == ResultHeader.formatName else {
      throw ResultsError(
        .badData, "\(path(Self.parametersFile)) is no description of results; remove it or choose another --output")
    }
    if let difference = header.difference(from: found) {
      throw ResultsError(
        .wrongUse,
        "\(folder) has results that can't be gone on with: \(difference); choose another --output or give --overwrite")
    }
    return try wholeItems()
  }

  /// Claims the folder for this job: refuses to overwrite files that aren't deepinside's, writes the header, and writes a
  /// manifest of the whole items only.
  ///
  /// - Parameters:
  ///   - items: the names of all items to come.
  ///   - whole: the earlier results; damaged ones are left out of the manifest.
  ///   - facts: the type of the job's own facts, which are kept in lines that are written again.
  package func begin<Facts: RecordFacts>(items: [String], whole: [String: WholeItem], facts: Facts.Type) throws {
    try refuseForeign(items: items)
    if !exists(path(Self.parametersFile)) {
      try AtomicFile.write(ResultJSON.text(header, pretty: true) + "\n", to: path(Self.parametersFile))
    }
    let old = Manifest(of: folder)
    let manifest = try FileWriter(path(Self.manifestFile))
    for (item, found) in whole.sorted(by: { $0.key < $1.key }) where !found.isDamaged {
      if let line = found.line, !found.isAltered {
        try old.bytes(of: line).withUnsafeBytes { try manifest.append($0) }
      } else if var record = try found.line.map({ try old.record(at: $0, facts) }) ?? recover(item, facts) {
        record.source = found.movedTo ?? record.source
        record.pictureStamp = found.pictureStamp
        try Array((ResultJSON.text(record) + "\n").utf8).withUnsafeBytes { try manifest.append($0) }
      }
    }
    try manifest.commit()
  }

  /// Throws if results would overwrite files that aren't deepinside's.
  /// - Parameter items: the names of items to come.
  /// - Throws: `ResultsError` if the folder has no results, but files that would be overwritten.
  package func refuseForeign(items: [String] = []) throws(ResultsError) {
    guard !exists(path(Self.parametersFile)) else { return }
    let targets = about.map(path) + items.flatMap { [dataPath(of: $0), picturePath(of: $0)] }
    if let foreign = targets.first(where: exists) {
      throw ResultsError(.wrongUse, "\(foreign) exists and is no result of deepinside's; choose another --output")
    }
  }

  /// Finds the items whose files both exist, from the manifest, or from the HDF5 file if the manifest has lost the line. Those with
  /// a file that is cut are marked.
  private func wholeItems() throws -> [String: WholeItem] {
    var found: [String: WholeItem] = [:]
    try Manifest(of: folder).forEach { record, line in found[record.item] = WholeItem(record.common, line: line) }
    for item in try storedItems() where found[item] == nil {
      if let record = recover(item) { found[item] = WholeItem(record.common, line: nil) }
    }
    found = found.filter { exists(dataPath(of: $0.key)) && exists(picturePath(of: $0.key)) }
    let items = Array(found.keys)
    let damage = try ResultDamage.reasons(
      items.map { [dataPath(of: $0), picturePath(of: $0)] + layout.attachments($0).map(path) })
    for (item, reason) in zip(items, damage) where reason != nil { found[item]?.isDamaged = true }
    return found
  }

  /// The names of all HDF5 files in the folder and in the sub-folders of items, including files that aren't results.
  func storedItems() throws(FileError) -> [String] {
    var names = try OwnFiles.names(in: folder)
    for subfolder in names.filter(ItemNames.isSubfolder) {
      names += try OwnFiles.names(in: path(subfolder)).map { "\(subfolder)/\($0)" }
    }
    return names.filter { $0.hasSuffix(".h5") }.map { String($0.dropLast(3)) }.filter(ItemNames.isItem)
  }

  /// Marks the summary as unfinished and removes the tables, before the first item of a run. Whatever ends the run after that, no
  /// summary or table of an earlier run is mistaken for one of this run.
  ///
  /// - Parameter summary: the summary at the beginning of the run.
  package func beginRun<Findings>(_ summary: RunSummary<Findings>) throws {
    var summary = summary
    (summary.stopped, summary.unfinished) = (true, true)
    try write(summary)
    for table in layout.tables { try remove(path(table)) }
  }

  package func write<Findings>(_ summary: RunSummary<Findings>) throws {
    try AtomicFile.write(ResultJSON.text(summary, pretty: true) + "\n", to: path(Self.summaryFile))
  }

  // MARK: - Removing

  /// Removes the files that the manifest lists or that say themselves that they are results, and the files about them.
  private func removeResults() throws {
    guard exists(path(Self.parametersFile)),
      readText(Self.parametersFile).flatMap({ ResultJSON.value(ResultHeader.self, $0) }) != nil
    else { return }
    var items = Set(try Manifest(of: folder).latest().keys)
    for item in try storedItems() where !items.contains(item) {
      guard let file = try? HDF5File.open(at: dataPath(of: item)) else { continue }
      if (try? file.attribute("format")) == .string(Self.fileFormat) { items.insert(item) }
    }
    for item in items {
      for file in [dataPath(of: item), picturePath(of: item)] + layout.attachments(item).map(path) { try remove(file) }
    }
    // Only folders that are empty now are removed.
    let subfolders = Set(items.compactMap(ItemNames.subfolder))
    let folders = layout.attachmentFolders
    for folder in subfolders.flatMap({ subfolder in [subfolder] + folders.map { "\($0)/\(subfolder)" } }) + folders {
      rmdir(path(folder))
    }
    // The header is removed last: as long as it exists, the rest can be found.
    layout.removeMore(folder)
    for name in layout.tables + about + [Self.parametersFile] { try remove(path(name)) }
  }

  /// Removes a file in the folder, if it exists. Refuses paths through a link in place of a folder, which might lead out of the
  /// result folder.
  private func remove(_ file: String) throws(ResultsError) {
    let top = FilePath.folder(of: path(Self.parametersFile))
    var parent = FilePath.folder(of: file)
    while parent.utf8.count > top.utf8.count {
      guard SymbolicLink.target(of: parent) == nil else { return }
      parent = FilePath.folder(of: parent)
    }
    guard exists(file) else { return }
    guard unlink(file) == 0 else {
      throw ResultsError(.system, "cannot remove \(file): \(String(cString: strerror(errno)))")
    }
  }

  // MARK: - Files

  /// Makes the folder that a file is to be in.
  package func makeFolder(of file: String) throws(FileError) { try FilePath.makeFolder(FilePath.folder(of: file)) }

  private func readText(_ name: String) -> String? {
    (try? WholeFile.read(FileName(path(name)), limit: ResultJSON.longestFile)).map { String(decoding: $0, as: UTF8.self) }
  }

  /// True also for a broken link, which a new file would replace.
  private func exists(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }
}
