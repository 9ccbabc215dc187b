import Foundation

/// A small labelled picture set, to be laid out in each of the forms in which people have ILSVRC.
///
/// The same pictures, labels and words in every form.
public struct ArrangedSet {
  public struct Item {
    public let isTraining: Bool
    public let wnid: String
    public let name: String
    public let bytes: [UInt8]

    public init(isTraining: Bool, wnid: String, name: String, bytes: [UInt8]) {
      (self.isTraining, self.wnid, self.name, self.bytes) = (isTraining, wnid, name, bytes)
    }
  }

  public enum Form: String, CaseIterable, Sendable {
    /// `train/<wnid>/*`, `val/<wnid>/*`: what the others are compared with.
    case folders
    case flatList, flatSolution, flatKit2012, flatKit2015
    case nested, official, kaggle, tinyImageNet, tinyTrainAlone, numberedValidation
    case officialArchives, classTars, kaggleZip, shards, shardsByName
  }

  public var items: [Item]

  public init(items: [Item]) { self.items = items }

  public var wnids: [String] { Set(items.map(\.wnid)).sorted() }
  public var training: [Item] { items.filter(\.isTraining) }
  /// By the numbers in their names.
  public var validation: [Item] { items.filter { !$0.isTraining }.sorted { $0.name < $1.name } }

  /// Writes the set into a folder.
  ///
  /// - Returns: what to give as `--data`.
  public func write(_ form: Form, to root: String) throws -> [String] {
    let words = wnids.map { "\($0) word of \($0)" }.joined(separator: "\n") + "\n"
    if form != .kaggle, form != .kaggleZip { try put(words.utf8, at: "\(root)/synset_words.txt") }
    switch form {
    case .folders:
      try putTraining("\(root)/train")
      try putValidation("\(root)/val") { $0.wnid + "/" }
    case .nested:
      try putTraining("\(root)/train")
      try putValidation("\(root)/val") { $0.wnid + "/" }
      // A folder that holds nothing but the set's.
      try FileManager.default.createDirectory(atPath: "\(root)/above", withIntermediateDirectories: true)
      for name in ["train", "val", "synset_words.txt"] { try move("\(root)/\(name)", "\(root)/above/set/\(name)") }
      return ["\(root)/above", "\(root)/above/set"]
    case .flatList, .flatSolution, .flatKit2012, .flatKit2015:
      try putTraining("\(root)/train")
      try putValidation("\(root)/val") { _ in "" }
      try putLabels(form, root)
    case .official:
      try putTraining("\(root)/ILSVRC2012_img_train")
      try putValidation("\(root)/ILSVRC2012_img_val") { _ in "" }
      try putLabels(.flatKit2012, root)
    case .officialArchives: try putOfficialArchives(root)
    case .classTars:
      try putClassTars("\(root)/train")
      try putValidation("\(root)/val") { $0.wnid + "/" }
    case .kaggleZip:
      _ = try write(.kaggle, to: root)
      try zip(root, as: "imagenet-object-localization-challenge.zip")
      return ["", "/imagenet-object-localization-challenge.zip", "/imagenet-object-localization-challenge.zip/ILSVRC"].map {
        root + $0
      }
    case .shards:
      try putShards(training) { "\(root)/train/shard-00000\($0).tar" }
      try putShards(validation) { "\(root)/val/shard-00000\($0).tar" }
    case .shardsByName:
      try putShards(training) { "\(root)/imagenet-train-00000\($0).tar" }
      try putShards(validation) { "\(root)/imagenet-val-00000\($0).tar" }
    case .kaggle:
      let pictures = "\(root)/ILSVRC/Data/CLS-LOC"
      try putTraining("\(pictures)/train")
      try putValidation("\(pictures)/val") { _ in "" }
      try put([1], at: "\(pictures)/test/ILSVRC2012_test_00000001.JPEG")
      // Its numbers count lines.
      let lines = validation.enumerated().map { "\(($1.name as NSString).deletingPathExtension) \($0 + 1)" }
      try put(lines.joined(separator: "\n").utf8, at: "\(root)/ILSVRC/ImageSets/CLS-LOC/val.txt")
      try put(words.utf8, at: "\(root)/LOC_synset_mapping.txt")
      try putLabels(.flatSolution, root)
      return ["", "/ILSVRC", "/ILSVRC/Data", "/ILSVRC/Data/CLS-LOC"].map { root + $0 }
    case .tinyImageNet, .tinyTrainAlone:
      try putTraining("\(root)/train", inner: "images/")
      for wnid in wnids {
        let lines = training.filter { $0.wnid == wnid }.map { "\($0.name)\t0\t1\t9\t8\n" }
        try put(lines.joined().utf8, at: "\(root)/train/\(wnid)/\(wnid)_boxes.txt")
      }
      if form == .tinyTrainAlone { return try withoutTable(root) }
      try putValidation("\(root)/val/images") { _ in "" }
      let lines = validation.map { "\($0.name)\t\($0.wnid)\t2\t3\t7\t6\n" }
      try put(lines.joined().utf8, at: "\(root)/val/val_annotations.txt")
      try put(wnids.reversed().map { $0 + "\n" }.joined().utf8, at: "\(root)/wnids.txt")
      try put([1], at: "\(root)/test/images/test_0.JPEG")
    case .numberedValidation:
      try putTraining("\(root)/train")
      let numbers = Dictionary(uniqueKeysWithValues: wnids.enumerated().map { ($1, $0) })
      try putValidation("\(root)/val") { "\(numbers[$0.wnid] ?? -1)/" }
    }
    return [root]
  }

  private func withoutTable(_ root: String) throws -> [String] {
    try putValidation("\(root)/val") { $0.wnid + "/images/" }
    return [root]
  }

  private func putTraining(_ folder: String, inner: String = "") throws {
    for item in training { try put(item.bytes, at: "\(folder)/\(item.wnid)/\(inner)\(item.name)") }
  }

  private func putValidation(_ folder: String, _ inner: (Item) -> String) throws {
    for item in validation { try put(item.bytes, at: "\(folder)/\(inner(item))\(item.name)") }
  }

  /// Labels of the pictures of a flat folder, in the form's way. A kit's line n is of picture n.
  func putLabels(_ form: Form, _ root: String) throws {
    switch form {
    case .flatList:
      let lines = validation.map { "\($0.name) \(wnids.firstIndex(of: $0.wnid) ?? -1)\n" }
      try put(lines.joined().utf8, at: "\(root)/val.txt")
    case .flatSolution:
      let lines = validation.map { "\(($0.name as NSString).deletingPathExtension),\($0.wnid) 1 2 3 4 \n" }
      try put(("ImageId,PredictionString\n" + lines.reversed().joined()).utf8, at: "\(root)/LOC_val_solution.csv")
    default:
      let is2012 = form == .flatKit2012
      let folder = is2012 ? "\(root)/ILSVRC2012_devkit_t12/data" : "\(root)/ILSVRC2015_devkit/ILSVRC2015_devkit/data"
      // The kit's own order isn't the sorted one.
      let order = Array(wnids.reversed())
      let lines = validation.map { "\((order.firstIndex(of: $0.wnid) ?? -1) + 1)\n" }
      let name = is2012 ? "ILSVRC2012_validation_ground_truth.txt" : "ILSVRC2015_clsloc_validation_ground_truth.txt"
      try put(lines.joined().utf8, at: "\(folder)/\(name)")
      try put(
        order.enumerated().map { "\($1) \($0 + 1) a_name\n" }.joined().utf8, at: "\(folder)/map_clsloc.txt")
    }
  }

  private func move(_ from: String, _ to: String) throws {
    try FileManager.default.createDirectory(
      at: URL(fileURLWithPath: to).deletingLastPathComponent(), withIntermediateDirectories: true)
    try FileManager.default.moveItem(atPath: from, toPath: to)
  }
}
