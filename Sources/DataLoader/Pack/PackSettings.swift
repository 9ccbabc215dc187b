import DataSets
import Files
import Foundation
import Images

/// The form in which a pack keeps its pictures.
public enum PackedPixels: String, Sendable, Codable, CaseIterable {
  /// JPEG, which takes about a seventh of the bytes of raw pixels.
  case jpeg
  /// 8-bit RGB, [height, width, 3]: nothing needs decoding, and these are exactly the pixels that a training on the folder
  /// resizes to.
  case raw
}

/// Everything besides the pictures that a pack's bytes depend on: the contents of `prepare.json`.
public struct PackSettings: Sendable, Codable, Equatable {
  static let format = "deepinside-pack"
  static let version = 1

  var format = Self.format
  var version = Self.version
  /// The shorter side in pixels to which pictures are reduced; smaller ones stay as they are.
  public var shorterSide = 256
  public var pixels = PackedPixels.jpeg
  /// The JPEG quality of pictures that are encoded again: 1 … 100, on the scale of the Independent JPEG Group.
  public var quality = 90
  /// The number of pictures per shard, for each split; the last shard may have fewer.
  public var shardPictures: [String: Int] = [:]
  /// The number of pictures of each split.
  public var pictures: [String: Int] = [:]
  public var classes = 0
  /// The SHA-256 of the list of names and labels.
  public var listing = ""

  public init(shorterSide: Int = 256, pixels: PackedPixels = .jpeg, quality: Int = 90) {
    (self.shorterSide, self.pixels, self.quality) = (shorterSide, pixels, quality)
  }

  /// The most shards of a split by default: few large files, but still enough work for many ranks.
  static let mostShards = 256
  static let fewestShardPictures = 256

  /// Fills in the properties of the data set.
  ///
  /// - Parameter shardPictures: The number of pictures per shard; nil for a 256th of the split, but at least 256.
  package mutating func describe(_ set: PictureSet, shardPictures: Int?) {
    classes = set.classes.count
    listing = set.listing
    for split in Split.allCases {
      let count = set.samples(split).count
      pictures[split.rawValue] = count
      self.shardPictures[split.rawValue] =
        shardPictures ?? max(Self.fewestShardPictures, (count + Self.mostShards - 1) / Self.mostShards)
    }
  }

  /// All shards of the pack, those of the training pictures first.
  var shards: [Shard] {
    Split.allCases.flatMap { split in
      let (count, size) = (pictures[split.rawValue] ?? 0, max(1, shardPictures[split.rawValue] ?? 1))
      return stride(from: 0, to: count, by: size).enumerated().map { number, start in
        Shard(split: split, number: number, samples: start..<min(start + size, count))
      }
    }
  }

  /// The settings as JSON with sorted keys: equal settings give equal bytes.
  func json() throws -> String { try JSONText.of(self, pretty: true) + "\n" }

  /// - Throws: `DataError` if the text isn't the settings of a pack, or those of another version.
  init(json: String, path: String) throws(DataError) {
    struct Head: Decodable { let format: String, version: Int }
    let decoder = JSONDecoder()
    guard let head = try? decoder.decode(Head.self, from: Data(json.utf8)), head.format == Self.format else {
      throw DataError(.pack, "\(path) doesn't describe a pack of deepinside's")
    }
    guard head.version == Self.version else {
      throw DataError(
        .pack,
        "\(path): the pack is of version \(head.version), expected \(Self.version); prepare it again, or use the version of "
          + "deepinside that made it")
    }
    guard let settings = try? decoder.decode(Self.self, from: Data(json.utf8)) else {
      throw DataError(.pack, "\(path) is damaged; prepare the pack again with --overwrite")
    }
    if let problem = settings.problem {
      throw DataError(.pack, "\(path) is damaged: it says \(problem); prepare the pack again with --overwrite")
    }
    self = settings
  }

  /// The settings in which a pack differs from another, as `name: other → this`; nil if there are none.
  func difference(from other: PackSettings) -> String? {
    let pairs: [(String, String, String)] = [
      ("shorter side", "\(other.shorterSide)", "\(shorterSide)"), ("pixels", other.pixels.rawValue, pixels.rawValue),
      ("quality", "\(other.quality)", "\(quality)"),
      ("pictures a shard", "\(other.shardPictures.sorted { $0.key < $1.key })", "\(shardPictures.sorted { $0.key < $1.key })"),
      ("pictures", "\(other.pictures.sorted { $0.key < $1.key })", "\(pictures.sorted { $0.key < $1.key })"),
      ("classes", "\(other.classes)", "\(classes)"),
      ("the list of files", String(other.listing.prefix(8)), String(listing.prefix(8))),
    ]
    let differences = pairs.filter { $0.1 != $0.2 }.map { "\($0.0): \($0.1) → \($0.2)" }
    return differences.isEmpty ? nil : differences.joined(separator: ", ")
  }
}

/// A file of packed pictures, one after the other. It is also the unit of work of `prepare`.
struct Shard: Sendable, Equatable {
  let split: Split
  let number: Int
  /// The range of the split's samples that are in it.
  let samples: Range<Int>

  /// The shard's name, such as `train-00012`.
  var name: String { split.rawValue + "-" + String(format: "%05d", number) }
  var fileName: String { name + ".shard" }
}
