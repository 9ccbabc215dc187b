import Files
import Images

/// The form of WebDataset: tars in which the members `key.jpg` and `key.cls`, or `key.json`, are one sample.
///
/// Source: the WebDataset format, https://github.com/webdataset/webdataset: a key is a path up to the first dot of its last
/// component.
enum WebDataset {
  /// The tars that may be shards.
  struct Shards {
    var paths: [Split: [String]] = [:]
    /// The first tar that holds a sample; nil if none does.
    var sampled: String?
    /// The error of the first tar before it that can't be read; nil if all can.
    var unreadable: FileError?
  }

  /// Looks for shards in a folder and in its folders of splits. If neither folders nor names show the split, all tars count as
  /// training pictures; otherwise a tar whose name shows none is no shard of the set.
  static func shards(in root: String, _ contents: FolderContents) -> Shards {
    var shards = Shards()
    for split in Split.allCases {
      let folders = Layout.subfolders(split, contents).map { FilePath.join(root, $0) }
      shards.paths[split] = folders.flatMap { folder in contentsIfThere(folder).map { names(folder, $0) } ?? [] }
    }
    let own = names(root, contents)
    let isSplit = shards.paths.values.contains { !$0.isEmpty } || own.contains { split(of: $0) != nil }
    for split in Split.allCases {
      shards.paths[split, default: []] += own.filter { isSplit ? self.split(of: $0) == split : split == .train }
    }
    for path in Split.allCases.flatMap({ shards.paths[$0] ?? [] }) where shards.sampled == nil {
      do throws(FileError) {
        if try holdsSamples(FileName(path)) { shards.sampled = path }
      } catch {
        shards.unreadable = shards.unreadable ?? error
      }
    }
    return shards
  }

  /// The split that the name of a tar shows with a word of its own, as in `imagenet-train-000000.tar`, `trainingShard_3.tar` or
  /// `VAL.7.tar`; nil if it shows none, or both.
  static func split(of path: String) -> Split? {
    let name = FilePath.name(of: path)
    let words = Set(name.matches(of: /[A-Z]?[a-z]+|[A-Z]+/).map { $0.output.lowercased() })
    let shown = Split.allCases.filter { !words.isDisjoint(with: $0.names) }
    return shown.count == 1 ? shown[0] : nil
  }

  /// The tars that are neither those of single classes nor called like ILSVRC's official ones.
  private static func names(_ folder: String, _ contents: FolderContents) -> [String] {
    contents.files.filter { name in
      name.ending == "tar" && !name.stem.isSynset && !OfficialFolders.isOfficial(name)
    }.map { FilePath.join(folder, $0.path) }
  }

  /// True if a tar holds a picture and a label of one key.
  private static func holdsSamples(_ shard: FileName) throws(FileError) -> Bool {
    try groups(FolderTree(shard).files).contains { key, group in
      !group.labels.isEmpty && (!group.pictures.isEmpty || group.others.contains { isPicture($0, in: shard) })
    }
  }

  /// The members of one key.
  struct Group {
    /// The members with the names of pictures.
    var pictures: [FileName] = []
    /// The `.cls` and `.json`.
    var labels: [FileName] = []
    var others: [FileName] = []
  }

  static func groups(_ members: [FileName]) -> [FileName: Group] {
    var groups: [FileName: Group] = [:]
    for name in members {
      let (key, ending) = key(name)
      if PictureKind.isNamedLikePicture(name) {
        groups[key, default: Group()].pictures.append(name)
      } else if labelEndings.contains(ending) {
        groups[key, default: Group()].labels.append(name)
      } else {
        groups[key, default: Group()].others.append(name)
      }
    }
    return groups
  }

  /// True if a member is a picture by its content.
  static func isPicture(_ member: FileName, in shard: FileName) -> Bool {
    if case .picture = PictureKind.look(at: shard.appending(member)) { true } else { false }
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
      return path.ending.isEmpty ? key : FileName(bytes: key.bytes + [UInt8(ascii: ".")] + Array(path.ending.utf8))
    }
    return FileName(bytes: key.bytes + Array(".JPEG".utf8))
  }

  /// The class with which a key such as `n01440764_10026` begins; nil for other keys.
  static func classOfKey(_ key: FileName) -> String? {
    let wnid = FileName(bytes: key.last.bytes.prefix { $0 != UInt8(ascii: "_") })
    return wnid.isSynset ? wnid.written : nil
  }
}
