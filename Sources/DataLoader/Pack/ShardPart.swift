import Foundation
import HDF5

/// The facts about one finished shard: one row per picture, boxes, findings, sums. They are kept in `parts/` until the pack is
/// complete, so that a finished shard is never made again.
struct ShardPart: Sendable {
  /// The SHA-256 of the shard's file.
  var checksum = ""
  /// One row per picture.
  var rows = PackRows()
  /// Lines of findings (`Finding.line`), and below their number for each kind.
  var findings: [String] = []
  var findingCounts: [String: Int] = [:]
  /// [3·side·side + 7], as in `MeanAccumulator.sums`; empty for a split without a mean.
  var sums: [Double] = []

  func write(to path: String, settings: PackSettings) throws(HDF5Error) {
    try HDF5File.write(to: path) { (file) throws(HDF5Error) in
      try file.setAttribute("listing", to: settings.listing)
      try file.setAttribute("shard_sha256", to: checksum)
      try rows.write(to: file, group: "")
      try file.writeSigned(findings, to: "/findings")
      try file.writeSigned(findingCounts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }, to: "/finding_counts")
      let bits = sums.flatMap { [Int32(truncatingIfNeeded: Int64($0)), Int32(truncatingIfNeeded: Int64($0) >> 32)] }
      try file.writeSigned(bits, to: "/sums")
    }
  }

  /// - Throws: `HDF5Error` if the file isn't the part of a shard with that many pictures.
  init(contentsOf path: String, count: Int, settings: PackSettings) throws(HDF5Error) {
    let file = try HDF5File.open(at: path)
    guard try file.attribute("listing") == .string(settings.listing),
      case .string(let checksum)? = try file.attribute("shard_sha256")
    else { throw HDF5Error(.unexpectedType, path: path, action: "open", reason: "it is no part of this pack") }
    self.checksum = checksum
    rows = try PackRows(file, group: "", count: count)
    findings = try file.readSignedStrings("/findings")
    for line in try file.readSignedStrings("/finding_counts") {
      let words = line.split(separator: " ", maxSplits: 1)
      if words.count == 2, let number = Int(words[0]) { findingCounts[String(words[1])] = number }
    }
    let bits = try file.readSignedInt32s("/sums")
    sums = stride(from: 0, to: bits.count - bits.count % 2, by: 2).map {
      Double(Int64(bits[$0 + 1]) << 32 | Int64(UInt32(bitPattern: bits[$0])))
    }
  }

  init() {}
}

extension HDF5File {
  fileprivate func writeSigned(_ values: [Int32], to dataSet: String) throws(HDF5Error) {
    try writeSigned(values, shape: [values.count], to: dataSet)
  }
}
