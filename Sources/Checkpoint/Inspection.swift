import ConvNet
import Files
import Foundation
import HDF5

/// The contents of a checkpoint, or of any other HDF5 file, as text for people.
public struct Inspection: Sendable {
  /// Lines for a terminal, without a line break at the end.
  public let text: String
  /// True if every checksum is right and, in a checkpoint, nothing is missing. False for files of other programs, in which
  /// nothing can be verified.
  public let isWhole: Bool

  /// Reads a whole file.
  /// - Throws: `HDF5Error` if the file can't be opened: it is missing, truncated, or no HDF5 file.
  public static func of(_ path: String) throws(HDF5Error) -> Inspection {
    let file = try HDF5File.open(at: path)
    let attributes = try file.attributeNames()
    let format = try file.attribute("format")
    let isCheckpoint = format == .string(Checkpoint.format)
    var verified = 0
    var problems: [String] = []
    var sections: [String] = []
    if isCheckpoint {
      do {
        let reader = try CheckpointReader(path)
        let header = try reader.header()
        sections.append(describe(header))
        try reader.checkShapes(header.contents.network, state: header.state)
      } catch {
        problems.append(error.reason)
      }
    } else {
      let rows = try attributes.map { (name) throws(HDF5Error) in [name, try file.attribute(name)?.description ?? ""] }
      if !rows.isEmpty { sections.append(table(rows)) }
    }
    var rows = [["data set", "type", "shape", "minimum", "maximum", "mean", "deviation", "checksum"]]
    for dataSet in try file.dataSets() {
      do {
        let row = try describe(dataSet, in: file, needsChecksum: isCheckpoint)
        rows.append(row.cells)
        problems += row.problem.map { [$0] } ?? []
        if row.cells.last == "ok" { verified += 1 }
      } catch {
        rows.append([dataSet, "", "", "", "", "", "", "unreadable"])
        problems.append("\(error)")
      }
    }
    sections.append(rows.count > 1 ? table(rows) : "no data sets")
    // A file of this program states its format, or has a checksum with each data set.
    var isOwn = verified > 0 && verified == rows.count - 1
    if case .string(let name)? = format, name.hasPrefix(ownFormats) { isOwn = true }
    if !problems.isEmpty {
      sections.append("\(path) is NOT WHOLE:\n" + problems.map { "  \($0)" }.joined(separator: "\n"))
    } else if isOwn {
      sections.append("\(path) is whole")
    } else {
      problems.append("")
      sections.append(
        "\(path): \(verified == 0 ? "nothing" : "only \(verified) of \(rows.count - 1) data sets") of it can be verified: "
          + "\(try origin(of: file, attributes)), and HDF5 itself doesn't notice changed values")
    }
    return Inspection(text: sections.joined(separator: "\n\n"), isWhole: problems.isEmpty)
  }

  /// The beginning of the attribute `format` in all kinds of this program's files.
  private static let ownFormats = "deepinside-"

  /// The program that has written the file, as the middle of a sentence.
  private static func origin(of file: borrowing HDF5File, _ attributes: [String]) throws(HDF5Error) -> String {
    let isKeras = ["keras_version", "layer_names", "model_config"].contains(where: attributes.contains)
    return isKeras ? "Keras has written it" : "deepinside hasn't written it"
  }

  /// Reads one data set, in little memory whatever its size, and verifies its checksum.
  private static func describe(
    _ dataSet: String, in file: borrowing HDF5File, needsChecksum: Bool
  ) throws(HDF5Error) -> (cells: [String], problem: String?) {
    let found = try file.dataSet(dataSet)
    var cells = [dataSet, "\(found.element)", "\(found.shape)"]
    if case .other("variable-length string") = found.element {
      return (cells + ["", "", "", "", "none"], nil)
    }
    let isFloat = found.element == .float32
    var statistics = Statistics(), hash = SHA256()
    try file.readPieces(found) { piece in
      hash.update(piece)
      if isFloat { statistics.add(piece.bindMemory(to: Float.self)) }
    }
    let (nonFinite, digest) = (statistics.nonFinite, hash.finish())
    if isFloat {
      cells += [Double(statistics.minimum), Double(statistics.maximum), statistics.mean, statistics.deviation].map(short)
      if nonFinite > 0 { cells[6] += " (\(nonFinite) not finite)" }
    } else {
      cells += ["", "", "", ""]
    }
    guard case .string(let checksum)? = try file.attribute(Checkpoint.Layout.checksum, of: dataSet) else {
      return (cells + ["none"], needsChecksum ? "data set \(dataSet) has no checksum" : nil)
    }
    guard checksum == digest else {
      return (cells + ["DAMAGED"], "data set \(dataSet) has been damaged since it was written (its checksum differs)")
    }
    guard nonFinite == 0 || !needsChecksum else {
      return (cells + ["ok"], "data set \(dataSet) has \(nonFinite) values that are no finite numbers")
    }
    return (cells + ["ok"], nil)
  }
}

// MARK: - Text

extension Inspection {
  private static func describe(_ header: CheckpointHeader) -> String {
    let contents = header.contents
    let rate = contents.progress.learningRate
    let best = rate.bestError.map { ", best validation error \(short($0)), \(rate.epochsSinceBest) epochs ago" } ?? ""
    let classes = zip(contents.classes, contents.classNames).prefix(5).map { "\($0) \($1)" }.joined(separator: "; ")
    var mean = Statistics()
    contents.mean.withUnsafeBufferPointer { mean.add($0) }
    let facts = table([
      ["format", "\(Checkpoint.format), version \(Checkpoint.version)"],
      ["digest", header.digest],
      [
        "progress",
        "step \(contents.progress.step), epoch \(contents.progress.epoch), \(contents.progress.sample) samples",
      ],
      ["learning rate", "\(rate.rate), lowered \(rate.reductions) times\(best)"],
      ["velocity", header.hasVelocity ? "yes: training can go on" : "no: for inference"],
      ["options", contents.options],
      ["classes", "\(contents.classes.count): \(classes)\(contents.classes.count > 5 ? "; …" : "")"],
      ["mean", "\(contents.meanShape), \(short(Double(mean.minimum))) to \(short(Double(mean.maximum)))"],
      ["network", "\(contents.network.name), input \(contents.network.input)"],
    ])
    var rows = [["layer", "output", "parameters"]]
    for (index, layer) in contents.network.layers.enumerated() {
      let count = layer.layer.layer.parameters(for: contents.network.shapes[index]).reduce(0) { $0 + $1.count }
      rows.append([layer.name, "\(contents.network.shapes[index + 1])", count > 0 ? "\(count)" : ""])
    }
    rows.append(["total", "", "\(contents.network.parameterCount)"])
    return facts + "\n\n" + table(rows)
  }

  /// The number with four significant digits.
  private static func short(_ value: Double) -> String { String(format: "%.4g", value) }

  /// A table whose columns are as wide as their widest cells, with two spaces between them.
  private static func table(_ rows: [[String]]) -> String {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in rows.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0 }
    return rows.map { row in
      let cells = row.enumerated().map { index, cell in
        index == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[index] - cell.count)
      }
      return cells.joined(separator: "  ")
    }.joined(separator: "\n")
  }
}
