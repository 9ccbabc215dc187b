import Cluster
import DataSets
import Files
import Foundation
import Images
import Synchronization

/// The files that couldn't be read or decoded by any loader thread of this rank, and, after `share(over:)`, of any rank.
///
/// A bad training picture doesn't stop the training. The next readable picture of the list takes its place, with its own label
/// (it is of the same class, except at a class's end). So every batch stays complete, and the choice is the same on any number of
/// ranks. But more bad files than `limit` on all ranks together do stop it: then the disk or the copy is at fault. A storage that
/// is away makes no file bad.
public final class BadFileReport: Sendable {
  public struct Entry: Sendable, Equatable, Codable {
    public let path: String
    public let reason: String
  }

  private struct State {
    var reasons: [String: String] = [:]
    /// Bad files of which the other ranks haven't been told.
    var fresh: [Entry] = []
    /// The paths of the bad files that all ranks know.
    var shared: Set<String> = []
  }

  /// The largest number of bad files that is tolerated.
  public let limit: Int
  private let total: Int
  private let kind: String
  private let found = Mutex(State())

  /// - Parameters:
  ///   - badFileLimit: The fraction of the set that may be bad; unless it is 0, at least one file may.
  ///   - count: The number of pictures in the set.
  ///   - kind: The kind of the pictures for messages, such as `training`.
  public init(badFileLimit: Double = 0.01, of count: Int, kind: String = "") {
    precondition((0...1).contains(badFileLimit), "a bad file limit of \(badFileLimit) is no fraction")
    limit = badFileLimit == 0 ? 0 : max(1, Int(badFileLimit * Double(count)))
    total = count
    self.kind = kind.isEmpty ? "" : kind + " "
  }

  /// The number of different bad files.
  public var count: Int { found.withLock { $0.reasons.count } }

  /// The bad files, sorted by path.
  public var entries: [Entry] {
    found.withLock { found in
      found.reasons.map { Entry(path: $0.key, reason: $0.value) }.sorted { String.byBytes($0.path, $1.path) }
    }
  }

  /// True if the file is known to be bad, so that it needn't be tried again.
  public func contains(_ path: String) -> Bool { found.withLock { $0.reasons[path] != nil } }

  /// Records a bad file; the same file counts only once.
  public func record(path: String, reason: String) {
    found.withLock { found in
      guard found.reasons.updateValue(reason, forKey: path) == nil else { return }
      found.fresh.append(Entry(path: path, reason: reason))
    }
  }

  /// The number of bad files that this rank has found and not yet told the other ranks.
  package var freshCount: Int { found.withLock { $0.fresh.count } }

  /// Exchanges between all ranks the bad files that each has found since the last call.
  ///
  /// - Returns: The files that all ranks know of only since this call, sorted; the same on all ranks.
  /// - Note: collective
  package func share(over communicator: Communicator) throws -> [Entry] {
    // A file that is found during the exchange stays for the next one.
    let own = found.withLock { found in
      defer { found.fresh = [] }
      return found.fresh
    }
    let texts = try communicator.allGather(Array(JSONEncoder().encode(own)))
    var reasons: [String: String] = [:]
    for text in texts {
      for entry in try JSONDecoder().decode([Entry].self, from: Data(text)) where reasons[entry.path] == nil {
        reasons[entry.path] = entry.reason
      }
    }
    let all = reasons
    return found.withLock { found in
      let known = found.shared
      for (path, reason) in all where found.reasons[path] == nil { found.reasons[path] = reason }
      let new = all.filter { !known.contains($0.key) }
      found.shared.formUnion(new.keys)
      return new.map { Entry(path: $0.key, reason: $0.value) }.sorted { String.byBytes($0.path, $1.path) }
    }
  }

  /// The error that more files are bad than are tolerated, as far as this rank knows; nil if there aren't more.
  var excess: DataError? { excess(of: found.withLock { Array($0.reasons.keys) }) }

  /// The same error, counting only the files that all ranks know: so it is the same on all ranks.
  package var sharedExcess: DataError? { excess(of: found.withLock { Array($0.shared) }) }

  private func excess(of paths: [String]) -> DataError? {
    guard paths.count > limit else { return nil }
    let one = paths.min(by: String.byBytes).flatMap { path in found.withLock { $0.reasons[path] } } ?? ""
    return DataError(
      .badPictures,
      "\(paths.count) of \(total) \(kind)pictures can't be read or decoded, more than the limit of \(limit); one of them: \(one); "
        + "repair the data set, or raise --bad-file-limit")
  }
}

extension DataError {
  /// Makes the error for a picture that couldn't be read for a reason that says nothing about it, so that no other picture may
  /// take its place; nil if the picture itself is bad.
  package init?(notOfThePicture error: ImageError) {
    switch error.kind {
    case .storage: self.init(.storage, error.description)
    case .stopped: self.init(.stopped, error.description)
    default: return nil
    }
  }
}

extension PictureDecoder {
  /// A decoder for a thread that loads pictures.
  static func ofLoader() throws(DataError) -> PictureDecoder {
    do throws(ImageError) { return try PictureDecoder() } catch { throw DataError(.badPictures, error.description) }
  }
}
