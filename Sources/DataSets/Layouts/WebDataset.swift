import Files
import Images

/// The form of WebDataset: tars in which the members `key.jpg` and `key.cls`, or `key.json`, are one sample.
///
/// Source: the WebDataset format, https://github.com/webdataset/webdataset: a key is a path up to the first dot of its last
/// component.
enum WebDataset {
  /// The tars of a folder and of its `train/` and `val/`, by split; nil if there are none with samples.
  ///
  /// If neither folders nor names show the split, all tars count as training pictures.
  static func shards(in root: String, _ contents: FolderContents) -> [Split: [String]]? {
    var shards: [Split: [String]] = [:]
    for (split, names) in [(Split.train, ["train"]), (.val, ["val", "validation"])] {
      let folders = names.map { FilePath.join(root, $0) }
      shards[split] = folders.flatMap { folder in contentsIfThere(folder).map { self.names(folder, $0) } ?? [] }
    }
    let own = names(root, contents)
    let isVal = { (path: String) in FilePath.name(of: path).lowercased().contains("val") }
    let isTrain = { (path: String) in FilePath.name(of: path).lowercased().contains("train") }
    let isSplit = own.contains { isVal($0) || isTrain($0) }
    shards[.val, default: []] += own.filter { isSplit && isVal($0) && !isTrain($0) }
    shards[.train, default: []] += own.filter { !isSplit || isTrain($0) }
    guard let first = Split.allCases.lazy.compactMap({ shards[$0]?.first }).first, holdsSamples(first) else { return nil }
    return shards
  }

  /// The tars that are neither those of single classes nor called like ILSVRC's official ones. A damaged one counts too: reading
  /// it will be the error.
  private static func names(_ folder: String, _ contents: FolderContents) -> [String] {
    contents.files.filter { name in
      name.ending == "tar" && !name.stem.isSynset && !OfficialFolders.isOfficial(name)
    }.map { FilePath.join(folder, $0.written) }
  }

  private static func holdsSamples(_ shard: String) -> Bool {
    guard let contents = contentsIfThere(shard) else { return true }
    var files = contents.files
    if files.isEmpty, let folder = contents.folders.first {
      files = contentsIfThere(FilePath.join(shard, folder.written))?.files ?? []
    }
    return files.contains { labelEndings.contains($0.ending) }
  }

  static let labelEndings: Set = ["cls", "json"]

  /// The key of a member, and the rest of its name after the dot.
  static func key(_ name: FileName) -> (key: FileName, ending: String) {
    let last = name.last
    let own = FileName(bytes: last.bytes.prefix { $0 != UInt8(ascii: ".") })
    let key = name.folder == "." ? own : name.folder.appending(own)
    return (key, String(decoding: last.bytes.dropFirst(own.bytes.count + 1), as: UTF8.self).lowercased())
  }

  /// The name of a sample's picture in packs and listings: its key with the picture's ending, or, if the key is one of ILSVRC's
  /// own pictures, with the ending that those have.
  static func pictureName(_ path: FileName) -> FileName {
    let key = key(path).key.last
    let isILSVRC = classOfKey(key) != nil || key.bytes.starts(with: Array("ILSVRC20".utf8))
    guard isILSVRC, ["jpg", "jpeg"].contains(path.ending) else {
      return FileName(bytes: key.bytes + [UInt8(ascii: ".")] + Array(path.ending.utf8))
    }
    return FileName(bytes: key.bytes + Array(".JPEG".utf8))
  }

  /// The class with which a key such as `n01440764_10026` begins; nil for other keys.
  static func classOfKey(_ key: FileName) -> String? {
    let wnid = FileName(bytes: key.last.bytes.prefix { $0 != UInt8(ascii: "_") })
    return wnid.isSynset ? wnid.written : nil
  }
}
