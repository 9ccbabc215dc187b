import Files
import Foundation
import Images
import Threads

/// The pictures of WebDataset's shards with their classes.
///
/// A sample's class is the one that its key begins with (`n01440764_10026`); otherwise its `.json` or `.cls` states the id or the
/// number of a class. Numbers count the sorted classes of the list beside the shards. Without a list they are what the training
/// samples show whose keys name their classes, or else they count the sorted classes of the network.
struct ShardedPictures {
  private(set) var train: [ValidationSet.Item] = []
  private(set) var val: [ValidationSet.Item] = []
  private(set) var passedOver = PassedOver()
  /// True if samples state the numbers of their classes.
  private(set) var hasNumbers = false

  /// The class that a sample states.
  private enum Label: Sendable {
    case wnid(String)
    case number(Int)
  }

  private struct Sample: Sendable {
    var picture: FileName
    var key: FileName
    var label: Label
    /// The member that holds the class's number, if the key names the class.
    var numberFile: FileName?
  }

  private struct Shard: Sendable {
    var path: FileName
    var samples: [Sample] = []
    var passedOver = PassedOver()
  }

  /// - Parameter classes: The ids that a network knows, in its order; nil without a network.
  /// - Throws: `DataError` if a shard is damaged, a sample has no label, or nothing says what the numbers stand for.
  init(_ layout: Layout, classes: [String]?) throws(DataError) {
    let shards = try Split.allCases.map { split throws(DataError) in
      try Self.read((layout.shards[split] ?? []).map { FileName($0) })
    }
    let numbers = try Self.numbers(layout, classes: classes, shards[0])
    train = try items(shards[0], numbers, layout)
    val = try items(shards[1], numbers, layout)
  }

  /// The training pictures in the form of class folders.
  var found: ClassFolder.Found {
    var folders: [ClassFolder] = []
    var start = 0
    for index in train.indices where index + 1 == train.count || train[index + 1].wnid != train[index].wnid {
      folders.append(ClassFolder(wnid: train[index].wnid, files: train[start...index].map(\.path)))
      start = index + 1
    }
    return ClassFolder.Found(folders: folders)
  }

  /// The pictures sorted by class, then by name, which is the order of class folders.
  private mutating func items(
    _ shards: [Shard], _ numbers: [Int: String]?, _ layout: Layout
  ) throws(DataError) -> [ValidationSet.Item] {
    var items: [(item: ValidationSet.Item, name: FileName)] = []
    for shard in shards {
      passedOver.add(shard.passedOver)
      for sample in shard.samples {
        let wnid = try Self.wnid(of: sample, in: shard, numbers, layout)
        if case .number = sample.label { hasNumbers = true }
        let path = shard.path.appending(sample.picture)
        items.append((ValidationSet.Item(path: path, wnid: wnid), WebDataset.pictureName(path)))
      }
    }
    items.sort { $0.item.wnid != $1.item.wnid ? String.byBytes($0.item.wnid, $1.item.wnid) : $0.name < $1.name }
    for (one, other) in zip(items, items.dropFirst()) where one.item.wnid == other.item.wnid && one.name == other.name {
      throw DataError(
        .layout, "two samples of class \(one.item.wnid) have one key: \(one.item.path) and \(other.item.path); rename one of them"
      )
    }
    return items.map(\.item)
  }

  private static func wnid(
    of sample: Sample, in shard: Shard, _ numbers: [Int: String]?, _ layout: Layout
  ) throws(DataError) -> String {
    switch sample.label {
    case .wnid(let wnid): return wnid
    case .number(let number):
      guard let numbers else {
        throw DataError(
          .labels,
          "\(shard.path): the sample \(sample.key) is of class number \(number), and nothing tells which class that is; put "
            + "synset_words.txt (a line \"wnid words\" for each class) into \(layout.root)")
      }
      guard let wnid = numbers[number] else {
        throw DataError(
          .labels, "\(shard.path): the sample \(sample.key) is of class number \(number), and \(numbers.count) classes are known")
      }
      return wnid
    }
  }

  // MARK: - What numbers stand for

  private static func numbers(_ layout: Layout, classes: [String]?, _ train: [Shard]) throws(DataError) -> [Int: String]? {
    if let path = try layout.list(ClassWords.lists) {
      let list = try ClassNumbers(contentsOf: path)
      return Dictionary(
        uniqueKeysWithValues: try list.classes.map { wnid throws(DataError) in (try list.number(of: wnid), wnid) })
    }
    if let shown = try shownNumbers(train) { return shown }
    return classes.map { ClassNumbers.numbers(of: $0) }
  }

  /// The numbers of classes, from one sample of each class whose key names it; nil if there are none.
  private static func shownNumbers(_ train: [Shard]) throws(DataError) -> [Int: String]? {
    var numbers: [Int: String] = [:]
    var seen: Set<String> = []
    for shard in train {
      for sample in shard.samples {
        guard case .wnid(let wnid) = sample.label, let file = sample.numberFile, seen.insert(wnid).inserted else { continue }
        guard case .number(let number) = try label(of: sample.key, in: shard.path, file) else { continue }
        if let other = numbers.updateValue(wnid, forKey: number) {
          throw DataError(
            .labels, "\(shard.path): the sample \(sample.key) is of class number \(number), and so is one of class \(other)")
        }
      }
    }
    return numbers.isEmpty ? nil : numbers
  }

  // MARK: - Shards

  private static func read(_ paths: [FileName]) throws(DataError) -> [Shard] {
    let results = inParallel(paths.count) { number in
      Result { () throws(DataError) in try shard(paths[number]) }
    }
    return try results.map { result throws(DataError) in try result.get() }
  }

  private static func shard(_ path: FileName) throws(DataError) -> Shard {
    let tree: FolderTree
    do throws(FileError) { tree = try FolderTree(path) } catch { throw DataError(error) }
    var shard = Shard(path: path)
    for name in tree.hidden { shard.passedOver.add(path.last.appending(name), PictureWalk.hidden) }
    for (key, group) in WebDataset.groups(tree.files).sorted(by: { $0.key < $1.key }) {
      let pictures = group.pictures.isEmpty ? group.others.filter { WebDataset.isPicture($0, in: path) } : group.pictures
      guard let picture = pictures.first else {
        for name in group.labels { shard.passedOver.add(path.last.appending(name), "a label without its picture") }
        for name in group.others { shard.passedOver.add(path.last.appending(name), PictureWalk.noPicture) }
        continue
      }
      if pictures.count > 1 {
        throw DataError(.layout, "\(path): the sample \(key) has two pictures, \(picture) and \(pictures[1]); expected one")
      }
      guard let label = group.labels.first(where: { $0.ending == "cls" }) ?? group.labels.first else {
        throw DataError(
          .labels,
          "\(path): the sample \(key) has the picture \(picture) and no label; expected \(key).cls or \(key).json beside it")
      }
      if let wnid = WebDataset.classOfKey(key) {
        shard.samples.append(Sample(picture: picture, key: key, label: .wnid(wnid), numberFile: label))
      } else {
        shard.samples.append(Sample(picture: picture, key: key, label: try self.label(of: key, in: path, label)))
      }
    }
    return shard
  }

  // MARK: - Labels

  private static let longestLabel = 1 << 20

  private static func label(of key: FileName, in shard: FileName, _ file: FileName) throws(DataError) -> Label {
    let bytes: [UInt8]
    do throws(FileError) { bytes = try WholeFile.read(shard.appending(file), limit: longestLabel) } catch {
      throw DataError(error)
    }
    let label = file.ending == "json" ? label(json: bytes) : label(text: String(decoding: bytes, as: UTF8.self))
    guard let label else {
      throw DataError(
        .labels,
        "\(shard): \(file) says no class; expected the number of a class or its id"
          + (file.ending == "json" ? " under \"label\", \"cls\", \"wnid\" or \"synset\"" : ""))
    }
    return label
  }

  private static func label(text: String) -> Label? {
    let text = text.trimmingCharacters(in: .whitespacesAndNewlines.union(.init(charactersIn: "\u{FEFF}\"")))
    if let number = Int(text) { return number >= 0 ? .number(number) : nil }
    return FileName(text).isSynset ? .wnid(text) : nil
  }

  private static func label(json: [UInt8]) -> Label? {
    guard let fields = try? JSONSerialization.jsonObject(with: Data(json)) as? [String: Any] else { return nil }
    for key in ["wnid", "synset", "synset_id", "cls", "label", "class", "target"] {
      if let text = fields[key] as? String, let label = label(text: text) { return label }
      // Foundation takes true and false for numbers too.
      if let value = fields[key] as? NSNumber, String(cString: value.objCType) == "c" { continue }
      if let number = fields[key] as? Int, number >= 0 { return .number(number) }
    }
    return nil
  }
}
