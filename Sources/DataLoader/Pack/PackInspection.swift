import Checkpoint
import DataSets
import Files
import Foundation

/// The contents of a pack as text for people, with the checksum of every shard verified.
public struct PackInspection: Sendable {
  public let text: String
  /// True if every checksum is right.
  public let isWhole: Bool

  /// True if the path is the folder of a pack, finished or not.
  public static func applies(to path: String) -> Bool { FilePath.isFolder(path) && PackFolder.isPack(path) }

  /// Reads a whole pack.
  ///
  /// - Parameter progress: Called with the number of verified shards.
  /// - Throws: `DataError` for a pack that isn't complete, `HDF5Error` for a damaged index.
  public init(of path: String, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }) throws {
    let folder = PackFolder(path)
    let pack = try Pack(contentsOf: path)
    let settings = pack.settings
    var problems: [String] = []
    let shards = settings.shards
    for (done, shard) in shards.enumerated() {
      let expected = pack[shard.split].checksums[shard.number]
      if try Self.checksum(of: folder.file(of: shard)) != expected {
        problems.append("\(folder.file(of: shard)) has been damaged since it was written (its checksum differs)")
      }
      progress(done + 1, shards.count)
    }
    let index = try Inspection.of(folder.index)
    if !index.isWhole { problems.append("\(folder.index) is damaged") }

    var lines = Self.facts(pack)
    lines += ["", index.text.components(separatedBy: "\n").dropLast(2).joined(separator: "\n"), ""]
    let list = problems.map { "  \($0)" }.joined(separator: "\n")
    lines.append(problems.isEmpty ? "\(path) is whole" : "\(path) is NOT WHOLE:\n\(list)")
    text = lines.joined(separator: "\n")
    isWhole = problems.isEmpty
  }

  private static func facts(_ pack: Pack) -> [String] {
    let settings = pack.settings
    func eachSplit(_ text: (PackedSplit) -> String) -> String {
      Split.allCases.map { text(pack[$0]) }.joined(separator: ", ")
    }
    let classes = pack.classes.prefix(5).map { "\($0.wnid) \($0.name)" }.joined(separator: "; ")
    let quality = settings.pixels == .jpeg ? " of quality \(settings.quality)" : ""
    let findings = pack.findingCounts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    return [
      "pack        \(pack.path), version \(PackSettings.version)",
      "pictures    " + eachSplit { "\($0.rows.count) \($0.split.rawValue) (\($0.readable) readable)" },
      "classes     \(pack.classes.count): \(classes)\(pack.classes.count > 5 ? "; …" : "")",
      "a class     " + eachSplit { "\(range($0.classCounts)) \($0.split.rawValue)" },
      "pixels      \(settings.pixels.rawValue)\(quality), shorter side at most \(settings.shorterSide)",
      "boxes       " + eachSplit { "\($0.rows.boxClasses.count) \($0.split.rawValue)" },
      "shards      \(settings.shards.count), \(megabytes(pack.byteCount))",
      "report      \(findings.isEmpty ? "no file is odd" : findings)",
    ]
  }

  private static func range(_ counts: [Int32]) -> String {
    guard let least = counts.min(), let most = counts.max() else { return "no" }
    return least == most ? "\(least)" : "\(least) to \(most)"
  }

  /// The SHA-256 of a file, read in pieces.
  private static func checksum(of path: String) throws -> String {
    guard let handle = FileHandle(forReadingAtPath: path) else {
      throw DataError(.unreadable, "cannot open \(path): \(String(cString: strerror(errno)))")
    }
    defer { try? handle.close() }
    var hash = SHA256()
    while let piece = try handle.read(upToCount: 4 << 20), !piece.isEmpty { piece.withUnsafeBytes { hash.update($0) } }
    return hash.finish()
  }
}

extension PackedSplit {
  /// The number of pictures with pixels.
  var readable: Int { rows.lengths.count { $0 > 0 } }
}
