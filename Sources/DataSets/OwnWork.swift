import Files
import Foundation

/// What this program itself makes: results, runs and packs. They are no pictures of a data set, even if they lie in it.
package enum OwnWork {
  static let reason = "a folder that this program wrote: results, a run, or a pack"

  /// The names of which a folder of results has both.
  private static let results: Set<FileName> = ["parameters.json", "manifest.jsonl"]
  /// The names each of which marks a run, a pack, or a folder that a job has locked.
  private static let marks: Set<FileName> = ["run.json", FileName(PackIndex.fileName), ".deepinside-lock"]

  /// The folders of a tree that are the program's own, relative to the tree's root, which may be one of them.
  static func folders(in tree: FolderTree) -> Set<FileName> {
    let known = results.union(marks)
    let lastBytes = Set(known.map(\.bytes.last))
    var found: [FileName: Set<FileName>] = [:]
    for path in tree.files + tree.hidden where lastBytes.contains(path.bytes.last) && known.contains(path.last) {
      found[path.folder, default: []].insert(path.last)
    }
    return Set(found.filter { results.isSubset(of: $0.value) || !marks.isDisjoint(with: $0.value) }.keys)
  }

  /// The split of a data folder whose folder is `output` or holds it; nil if there is none. Results there would be taken for a
  /// class. The folder of the output need not exist.
  package static func split(of data: String, holding output: String) -> Split? {
    guard FilePath.archive(of: FileName(data)) == nil, let layout = try? Layout.find(data) else { return nil }
    let place = place(of: output)
    return Split.allCases.first { split in
      guard let folder = layout.folder(of: split).map(self.place) else { return false }
      return place == folder || place.relative(to: folder) != nil
    }
  }

  /// The path without links, of which only the first part need exist.
  private static func place(of path: String) -> FileName {
    let path = FileName(path).absolute
    guard path != "/" else { return path }
    if let found = path.withCString({ realpath($0, nil) }) {
      defer { free(found) }
      return FileName(String(cString: found))
    }
    return place(of: String(decoding: path.folder.bytes, as: UTF8.self)).appending(path.last)
  }
}

extension Set<FileName> {
  /// True if a relative path is one of these folders, or lies in one of them.
  func hold(_ path: FileName) -> Bool {
    if isEmpty { return false }
    var path = path
    while path != "." {
      if contains(path) { return true }
      path = path.folder
    }
    return false
  }
}
