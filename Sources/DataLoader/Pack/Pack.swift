import Checkpoint
import DataSets
import Files
import Foundation
import HDF5
import Images

/// A packed data set that is open for reading; see docs/data.md for its files.
public final class Pack: Sendable {
  public let path: String
  public let settings: PackSettings
  public let classes: [ClassID]
  let train: PackedSplit
  let val: PackedSplit
  /// [3, side, side]: the mean of the centre squares of the training pictures; empty if there are none.
  private let mean: [Float]
  private let colourAxes: [SIMD3<Float>]
  /// The number of lines in `report.csv` for each kind of finding.
  let findingCounts: [String: Int]

  /// Reads the index, and compares the lengths of all shards with it. The checksums of the shards are verified only by `inspect`.
  ///
  /// - Throws: `DataError` for a pack that is unfinished, of another version, or lacks a shard; `HDF5Error` for a damaged index.
  public init(contentsOf path: String) throws {
    let folder = PackFolder(path)
    guard isFile(folder.index) else {
      throw DataError(
        .pack, "\(path) is a pack in the making: \(folder.index) is missing; run the same `prepare` again, which goes on with it")
    }
    let file = try HDF5File.open(at: folder.index)
    try Self.checkFormat(file)
    self.path = path
    settings = try PackSettings(json: try file.readSignedStrings("/settings", count: 1)[0], path: folder.index)
    let count = settings.classes
    classes = try zip(
      file.readSignedStrings("/classes", count: count), file.readSignedStrings("/class_names", count: count)
    ).map { ClassID(wnid: $0, name: $1) }
    let kinds = try file.readSignedStrings("/findings/kinds")
    let counts = try file.readSignedInt32s("/findings/counts", shape: [kinds.count])
    if let wrong = counts.first(where: { $0 < 0 }) {
      throw DataError(.pack, "\(folder.index) counts \(wrong) findings of a kind; prepare it again with --overwrite")
    }
    findingCounts = Dictionary(zip(kinds, counts.map(Int.init)), uniquingKeysWith: { first, _ in first })
    train = try PackedSplit(.train, file, settings)
    val = try PackedSplit(.val, file, settings)
    let side = settings.shorterSide
    mean = try file.contains("/mean") ? try file.readSignedFloats("/mean", shape: [3, side, side]) : []
    let axes = mean.isEmpty ? [] : try file.readSignedFloats("/colour_axes", shape: [3, 3])
    if let problem = CheckpointContents.problem(mean: mean) ?? CheckpointContents.problem(colourAxes: axes) {
      throw DataError(.pack, "\(folder.index): \(problem); prepare it again with --overwrite")
    }
    colourAxes = stride(from: 0, to: axes.count, by: 3).map { SIMD3(axes[$0], axes[$0 + 1], axes[$0 + 2]) }
    for shard in settings.shards {
      let expected = self[shard.split].byteCount(of: shard)
      let found = fileSize(folder.file(of: shard))
      guard found == expected else {
        throw DataError(
          .pack,
          "\(folder.file(of: shard)) " + (found.map { "has \($0) bytes" } ?? "is missing")
            + ", expected \(expected) bytes; copy it "
            + "again, or prepare the pack again with --overwrite")
      }
    }
  }

  private static func checkFormat(_ file: borrowing HDF5File) throws {
    guard try file.attribute("format") == .string(PackSettings.format) else {
      throw DataError(.pack, "\(file.path) is an HDF5 file, but not the index of a pack")
    }
    let version = try file.attribute("version")
    guard version == .integer(Int64(PackSettings.version)) else {
      throw DataError(
        .pack,
        "\(file.path): the pack is of version \(version.map { "\($0)" } ?? "unknown"), expected \(PackSettings.version); prepare it "
          + "again, or use the version of deepinside that made it")
    }
  }

  subscript(split: Split) -> PackedSplit { split == .train ? train : val }

  /// The pack's pictures as the lists that `DataSet` gives for a folder.
  func lists(classes known: [ClassID]?) throws(DataError) -> DataSet {
    let order = known ?? classes
    let labels = Dictionary(order.enumerated().map { ($1.wnid, $0) }, uniquingKeysWith: { first, _ in first })
    func samples(_ split: PackedSplit) throws(DataError) -> [Sample] {
      var samples: [Sample] = []
      samples.reserveCapacity(split.names.count)
      for (name, label) in zip(split.names, split.labels) {
        guard classes.indices.contains(Int(label)), let label = labels[classes[Int(label)].wnid] else {
          throw DataError(.labels, "\(name) in \(path) is of a class that isn't among the network's \(order.count) classes")
        }
        samples.append(Sample(path: FileName(written: name), label: label))
      }
      return samples
    }
    let bad = Finding.Kind.allCases.filter(\.isBad).reduce(0) { $0 + (findingCounts[$1.rawValue] ?? 0) }
    return DataSet(
      root: path, classes: order, train: try samples(train), val: try samples(val),
      notes: bad == 0 ? [] : ["\(bad) pictures couldn't be read when \(path) was made: its report.csv lists them"])
  }

  /// The number of bytes of all shards.
  var byteCount: Int { settings.shards.reduce(0) { $0 + self[$1.split].byteCount(of: $1) } }

  /// The mean picture and the colour axes for a shorter side and a crop, neither above the pack's shorter side.
  ///
  /// The pack keeps the mean of the centre squares at its own shorter side. The centre of that mean is the mean of smaller crops.
  /// Since resizing is linear, the resized mean is also the mean of pictures that are resized further, except for their rounding
  /// to 8 bits.
  /// - Throws: `DataError` if the pack has no training pictures.
  public func mean(crop: Int, shorterSide: Int) throws(DataError) -> MeanPicture {
    precondition(crop <= shorterSide && shorterSide <= settings.shorterSide, "a crop of \(crop) from \(shorterSide)")
    guard !mean.isEmpty else { throw DataError(.pack, "\(path) has no training pictures, and so no mean picture") }
    let side = settings.shorterSide
    let square = shorterSide == side ? mean : resizedPlanes(mean, from: side, to: shorterSide)
    let start = (shorterSide - crop) / 2
    var values: [Float] = []
    values.reserveCapacity(3 * crop * crop)
    for channel in 0..<3 {
      for y in start..<(start + crop) {
        let row = (channel * shorterSide + y) * shorterSide + start
        values += square[row..<(row + crop)]
      }
    }
    return MeanPicture(crop: crop, values: values, colourAxes: colourAxes)
  }
}

/// The index of one split: where each picture is.
struct PackedSplit: Sendable {
  let split: Split
  /// The names of the pictures, relative to the folder that was packed.
  let names: [String]
  let labels: [Int32]
  let rows: PackRows
  /// The SHA-256 of each shard.
  let checksums: [String]
  /// The number of readable pictures of each class.
  let classCounts: [Int32]
  /// The offset in bytes at which each picture starts in its shard.
  let offsets: [Int]
  let shardPictures: Int

  init(_ split: Split, _ file: borrowing HDF5File, _ settings: PackSettings) throws(HDF5Error) {
    let count = settings.pictures[split.rawValue] ?? 0
    let group = "/\(split.rawValue)"
    self.split = split
    shardPictures = max(1, settings.shardPictures[split.rawValue] ?? 1)
    names = try file.readSignedStrings(group + "/names", count: count)
    labels = try file.readSignedInt32s(group + "/labels", shape: [count])
    rows = try PackRows(file, group: group, count: count)
    checksums = try file.readSignedStrings(group + "/shard_sha256", count: (count + shardPictures - 1) / shardPictures)
    classCounts = try file.readSignedInt32s(group + "/class_counts", shape: [settings.classes])
    var offsets = [Int](repeating: 0, count: count)
    for index in offsets.indices where index % shardPictures > 0 {
      offsets[index] = offsets[index - 1] + Int(rows.lengths[index - 1])
    }
    self.offsets = offsets
  }

  func byteCount(of shard: Shard) -> Int { shard.samples.reduce(0) { $0 + Int(rows.lengths[$1]) } }
}

/// Resizes planes of [3, from, from] values, in double precision.
func resizedPlanes(_ values: [Float], from: Int, to: Int) -> [Float] {
  let (old, new) = (PictureSize(width: from, height: from), PictureSize(width: to, height: to))
  return (0..<3).flatMap { channel in
    let plane = values[(channel * from * from)..<((channel + 1) * from * from)].map { Double($0) }
    return resized(plane, from: old, to: new).map { Float($0) }
  }
}
