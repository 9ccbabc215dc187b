import Synchronization

/// The files that couldn't be read, collected from all loader threads of a rank.
///
/// A bad training picture doesn't stop the training: the next readable picture of the list (of the same class, except at a
/// class's end) stands in for it, with its own label, so every batch stays whole and the choice is the same on any
/// number of ranks. More bad files than `limit` do stop it: then the disk or the copy is at fault.
public final class BadFileReport: Sendable {
  public struct Entry: Sendable, Equatable {
    public let path: String
    public let reason: String
  }

  /// The largest number of bad files that is put up with.
  public let limit: Int
  private let total: Int
  private let onFound: @Sendable (Entry) -> Void
  private let found = Mutex<[String: String]>([:])

  /// - Parameters:
  ///   - badFileLimit: the fraction of the set that may be bad; at least one file may.
  ///   - count: the size of the set.
  ///   - onFound: is told of every bad file once, by any thread.
  public init(
    badFileLimit: Double = 0.01, of count: Int, onFound: @escaping @Sendable (Entry) -> Void = { _ in }
  ) {
    precondition((0...1).contains(badFileLimit), "a bad file limit of \(badFileLimit) is no fraction")
    limit = badFileLimit == 0 ? 0 : max(1, Int(badFileLimit * Double(count)))
    total = count
    self.onFound = onFound
  }

  /// The number of different bad files.
  public var count: Int { found.withLock { $0.count } }

  /// The bad files, sorted by path.
  public var entries: [Entry] {
    found.withLock { found in
      found.map { Entry(path: $0.key, reason: $0.value) }.sorted { FolderListing.byBytes($0.path, $1.path) }
    }
  }

  /// Whether the file is known to be bad: it needn't be tried again.
  public func contains(_ path: String) -> Bool { found.withLock { $0[path] != nil } }

  /// Notes a bad file; the same file counts once.
  ///
  /// - Throws: `DataError` when there are now more than `limit`.
  public func record(path: String, reason: String) throws(DataError) {
    let (isNew, count) = found.withLock { found in
      let isNew = found.updateValue(reason, forKey: path) == nil
      return (isNew, found.count)
    }
    if isNew { onFound(Entry(path: path, reason: reason)) }
    if count > limit {
      throw DataError(
        .badPictures,
        "\(count) of \(total) pictures can't be decoded, more than the limit of \(limit); the last one: \(reason); "
          + "repair the data set, or raise --bad-file-limit")
    }
  }
}
