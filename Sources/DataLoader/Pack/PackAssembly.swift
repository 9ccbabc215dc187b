import DataSets
import Files
import Foundation
import HDF5

/// Puts the parts of all shards together: it writes `report.csv`, and last `pack.h5`, which makes the pack complete.
struct PackAssembly {
  let set: PictureSet
  let settings: PackSettings
  let folder: PackFolder
  let badFileLimit: Double

  /// - Throws: `DataError` if more pictures are bad than the limit allows; the report is written nevertheless.
  func write() throws {
    var splits: [Split: (rows: PackRows, checksums: [String])] = [:]
    var sums = MeanAccumulator(crop: settings.shorterSide).sums
    var report = Finding.header
    var counts: [String: Int] = [:]
    for shard in settings.shards {
      let part = try ShardPart(contentsOf: folder.part(of: shard), count: shard.samples.count, settings: settings)
      splits[shard.split, default: (PackRows(), [])].rows.append(part.rows)
      splits[shard.split]?.checksums.append(part.checksum)
      report += part.findings.joined()
      counts.merge(part.findingCounts, uniquingKeysWith: +)
      if part.sums.count == sums.count { for index in sums.indices { sums[index] += part.sums[index] } }
    }
    try AtomicFile.write(report, to: folder.report)
    try requireFewBad(counts)

    let json = try settings.json()
    let mean = splits[.train] == nil ? nil : try MeanPicture(sums: sums, crop: settings.shorterSide)
    try HDF5File.write(to: folder.index) { (file) throws(HDF5Error) in
      try file.setAttribute("format", to: PackSettings.format)
      try file.setAttribute("version", to: Int64(PackSettings.version))
      try file.setAttribute("shorter_side", to: Int64(settings.shorterSide))
      try file.setAttribute("pixels", to: settings.pixels.rawValue)
      try file.setAttribute("quality", to: Int64(settings.quality))
      try file.writeSigned([json], to: "/settings")
      try file.writeSigned(set.classes.map(\.wnid), to: "/classes")
      try file.writeSigned(set.classes.map(\.name), to: "/class_names")
      try file.writeSigned(counts.keys.sorted(), to: "/findings/kinds")
      try file.writeSigned(
        counts.sorted { $0.key < $1.key }.map { Int32(clamping: $0.value) }, shape: [counts.count], to: "/findings/counts")
      if let mean { try write(mean, to: file) }
      for split in Split.allCases {
        let found = splits[split] ?? (PackRows(), [])
        try write(split, found.rows, found.checksums, to: file)
      }
    }
    try? FileManager.default.removeItem(atPath: folder.parts)
  }

  private func write(_ mean: MeanPicture, to file: borrowing HDF5File) throws(HDF5Error) {
    let side = settings.shorterSide
    try file.writeSigned(mean.values, shape: [3, side, side], to: "/mean")
    let colour = mean.colour
    try file.writeSigned([colour.x, colour.y, colour.z], shape: [3], to: "/colour_mean")
    try file.writeSigned(mean.colourCovariance, shape: [3, 3], to: "/colour_covariance")
    try file.writeSigned(mean.colourAxes.flatMap { [$0.x, $0.y, $0.z] }, shape: [3, 3], to: "/colour_axes")
  }

  private func write(
    _ split: Split, _ rows: PackRows, _ checksums: [String], to file: borrowing HDF5File
  ) throws(HDF5Error) {
    let samples = set.samples(split)
    let group = "/\(split.rawValue)"
    try rows.write(to: file, group: group)
    let names = set.names(split)
    try file.writeSigned(samples.map { names.name(of: $0).written }, to: group + "/names")
    try file.writeSigned(samples.map { Int32($0.label) }, shape: [samples.count], to: group + "/labels")
    var counts = [Int32](repeating: 0, count: set.classes.count)
    for (sample, length) in zip(samples, rows.lengths) where length > 0 { counts[sample.label] += 1 }
    try file.writeSigned(counts, shape: [counts.count], to: group + "/class_counts")
    try file.writeSigned(checksums, to: group + "/shard_sha256")
  }

  private func requireFewBad(_ counts: [String: Int]) throws(DataError) {
    let bad = Finding.Kind.allCases.filter(\.isBad).reduce(0) { $0 + (counts[$1.rawValue] ?? 0) }
    let total = set.train.count + set.val.count
    guard bad > BadFileReport(badFileLimit: badFileLimit, of: total).limit else { return }
    throw DataError(
      .badPictures,
      "\(bad) of \(total) pictures can't be read, more than the limit: \(folder.report) lists them. Repair the data set and give "
        + "--overwrite, or raise --bad-file-limit: what is packed stays")
  }
}
