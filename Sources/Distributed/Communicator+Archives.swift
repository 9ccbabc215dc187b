import Files

/// Archives are listed by all ranks together, each header once.
///
///               rank 0                          rank 1
///     own       its members                     -              archives are dealt out by rank
///     inside    n01440764.tar, …                n01443537.tar, …    and so are the archives inside of them
///     after     the whole index                 the whole index
extension Communicator {
  /// Lists the members of archives, so that every rank can read from them.
  ///
  /// An index that is kept from an earlier start counts where its archive has the same size and time as then. An archive that can't be
  /// listed is left to whoever reads it: the error comes then, with its place.
  ///
  /// - Parameters:
  ///   - folder: where indices are kept; nil to keep none.
  ///   - find: gives the archives; called on rank 0 alone.
  /// - Throws: what `find` throws, on all ranks; `MPIError`.
  /// - Note: collective
  public func listArchives(keptIn folder: String?, _ find: () throws -> [FileName]) throws {
    var indices: [Int: SharedIndex] = [:]
    let paths = try onFirst(.listing) {
      let paths = try find()
      let kept = paths.isEmpty ? [:] : folder.map { SharedIndex.kept(in: $0) } ?? [:]
      for (number, path) in paths.enumerated() { indices[number] = kept[path.absolute]?.at(path) }
      return paths
    }
    guard !paths.isEmpty else { return }
    let kept = try onFirst(nil) { Array(indices.keys) }
    try Activity.during(.listing) {
      try shareOwnMembers(of: paths, &indices, kept: Set(kept))
      try shareInnerMembers(&indices)
      for number in indices.keys.sorted() {
        // A rank that sees another file under that path throws when it reads from it.
        try? indices[number]?.install()
        indices[number] = nil
      }
    }
  }

  private func shareOwnMembers(of paths: [FileName], _ indices: inout [Int: SharedIndex], kept: Set<Int>) throws {
    for number in paths.indices where number % size == rank && !kept.contains(number) {
      indices[number] = try? SharedIndex(outerOf: paths[number])
    }
    guard size > 1 else { return }
    let own = indices.map { ($0.key, $0.value.bytes) }
    for (number, bytes) in try allGather(framed: own) where indices[number] == nil { indices[number] = SharedIndex(bytes: bytes) }
  }

  /// Lists the archives inside of archives: a tar of training pictures has a thousand.
  private func shareInnerMembers(_ indices: inout [Int: SharedIndex]) throws {
    let all = indices.keys.sorted().flatMap { number in (0..<indices[number]!.innerCount).map { (archive: number, inner: $0) } }
    var listings: [(Int, [UInt8])] = []
    var failed: Set<Int> = []
    for number in indices.keys.sorted() {
      let own = all.indices.filter { all[$0].archive == number && $0 % size == rank }
      do throws(FileError) {
        let found = try indices[number]!.listings(ofInner: own.map { all[$0].inner })
        listings += zip(own, found).map { ($0, $1) }
      } catch {
        failed.insert(number)
      }
    }
    var seen = 0
    for (task, bytes) in size > 1 ? try allGather(framed: listings) : listings {
      let (number, inner) = all[task]
      if indices[number]?.add(bytes, ofInner: inner) != true { failed.insert(number) }
      seen += 1
    }
    guard seen < all.count || !failed.isEmpty else { return }
    let failures = try allGather(failed.map(String.init).joined(separator: " "))
    for number in failures.flatMap({ $0.split(separator: " ") }).compactMap({ Int($0) }) { indices[number] = nil }
  }

  /// Every rank's numbered pieces on every rank.
  private func allGather(framed pieces: [(Int, [UInt8])]) throws -> [(Int, [UInt8])] {
    var own: [UInt8] = []
    for (number, bytes) in pieces {
      for value in [number, bytes.count] { withUnsafeBytes(of: value.littleEndian) { own += $0 } }
      own += bytes
    }
    var all: [(Int, [UInt8])] = []
    for bytes in try allGather(own) {
      var rest = bytes[...]
      while rest.count >= 16 {
        let (number, count) = rest.withUnsafeBytes {
          ($0.loadUnaligned(as: Int.self), $0.loadUnaligned(fromByteOffset: 8, as: Int.self))
        }
        rest = rest.dropFirst(16)
        all.append((number, Array(rest.prefix(count))))
        rest = rest.dropFirst(count)
      }
    }
    return all
  }
}
