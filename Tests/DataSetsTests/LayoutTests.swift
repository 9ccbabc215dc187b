import Files
import Foundation
import TestSupport
import Testing

@testable import DataSets

@Suite("Layouts of picture folders")
struct LayoutTests {
  /// A set with three classes, whose pictures are in another order by name than by class.
  private static var set: ArrangedSet {
    let wnids = ["n02000000", "n01000000", "n03000000"]
    let training = (0..<6).map { number in
      ArrangedSet.Item(
        isTraining: true, wnid: wnids[number % 3], name: "\(wnids[number % 3])_\(number).JPEG",
        bytes: [0xFF, 0xD8, UInt8(number)])
    }
    let validation = (1...5).map { number in
      ArrangedSet.Item(
        isTraining: false, wnid: wnids[number % 3], name: "ILSVRC2012_val_0000000\(number).JPEG",
        bytes: [0xFF, 0xD8, UInt8(100 + number)])
    }
    return ArrangedSet(items: training + validation)
  }

  /// What a set's lists state, without the places of the files: classes, names, labels, and the bytes of the files.
  private func contents(_ set: DataSet) throws -> [String] {
    var lines = set.classes.map { "\($0.wnid) \($0.name)" }
    for split in Split.allCases {
      let names = set.names(split)
      for sample in set.samples(split) {
        lines.append("\(names.name(of: sample)) \(sample.label) \(try WholeFile.read(sample.path))")
      }
    }
    return lines
  }

  @Test("every form of the same pictures gives the same names, labels and order", arguments: ArrangedSet.Form.allCases)
  func forms(form: ArrangedSet.Form) throws {
    let expected = try withDataFolder { root in
      try contents(DataSet(contentsOf: try Self.set.write(.folders, to: root)[0]))
    }
    #expect(expected.count == 3 + 11)
    #expect(expected[3] == "train/n01000000/n01000000_1.JPEG 0 [255, 216, 1]")
    #expect(expected[9] == "val/n01000000/ILSVRC2012_val_00000001.JPEG 0 [255, 216, 101]")
    #expect(expected[11] == "val/n02000000/ILSVRC2012_val_00000003.JPEG 1 [255, 216, 103]")
    try withDataFolder { root in
      for place in try Self.set.write(form, to: root) {
        #expect(try contents(DataSet(contentsOf: place)) == expected, "\(place)")
        #expect(try contents(DataSet(contentsOf: place + "/")) == expected, "\(place)")
      }
    }
  }

  @Test("the line about the set names its form and its pictures")
  func summaries() throws {
    let lines: [(ArrangedSet.Form, String)] = [
      (.kaggle, "3 classes in Kaggle's layout: 6 + 5 pictures"),
      (.tinyImageNet, "3 classes in Tiny ImageNet's layout: 6 + 5 pictures"),
      (.official, "3 classes in folders called like ILSVRC's archives: 6 + 5 pictures"),
      (.officialArchives, "3 classes in ILSVRC's archives: 6 + 5 pictures"),
      (.kaggleZip, "3 classes in Kaggle's zip: 6 + 5 pictures"),
      (.shards, "3 classes in WebDataset's shards: 6 + 5 pictures"),
      (.folders, "3 classes in train/ and val/: 6 + 5 pictures"),
    ]
    for (form, line) in lines {
      try withDataFolder { root in
        let place = try Self.set.write(form, to: root)[0]
        #expect(try DataSet(contentsOf: place).summary == line)
      }
    }
    let classes = (0..<1000).map { ClassID(wnid: "n" + String(format: "%08d", $0), name: "") }
    let samples = [Sample](repeating: Sample(path: "a", label: 0), count: 1_281_167)
    try withDataFolder { root in
      let layout = try Layout(of: Self.set.write(.kaggle, to: root)[0])
      let whole = DataSet(root: root, layout: layout, classes: classes, train: samples, val: Array(samples.prefix(50_000)))
      #expect(whole.summary == "ILSVRC-2012 in Kaggle's layout: 1,281,167 + 50,000 pictures")
    }
  }

  @Test("Kaggle's tree is known through a link to it, and its ImageSets are no labels")
  func kaggleThroughLink() throws {
    try withDataFolder { root in
      _ = try Self.set.write(.kaggle, to: "\(root)/k")
      #expect(symlink("\(root)/k/ILSVRC/Data/CLS-LOC", "\(root)/link") == 0)
      let set = try DataSet(contentsOf: "\(root)/link")
      #expect(set.layout?.form == .kaggle && set.val.count == 5)
      try FileManager.default.removeItem(atPath: "\(root)/k/LOC_val_solution.csv")
      let error = #expect(throws: DataError.self) { try DataSet(contentsOf: "\(root)/k") }
      #expect(error?.description.contains("no labels") == true)
    }
  }

  @Test("folders of numbers count the classes of the network, or of the list, and are names where these are numbers too")
  func numbered() throws {
    try withDataFolder { root in
      for name in ["0", "2", "10"] { try put([0xFF, 0xD8], at: "\(root)/v2/\(name)/a.jpeg") }
      let thousand = (0..<1000).map { ClassID(wnid: "n" + String(format: "%08d", $0), name: "") }
      // The network's own order doesn't matter, because the numbers count the sorted ids.
      let set = try DataSet(contentsOf: "\(root)/v2", classes: thousand.reversed())
      #expect(set.val.map { set.classes[$0.label].wnid } == ["n00000000", "n00000002", "n00000010"])
      #expect(set.names(.val).name(of: set.val[2]) == "val/n00000010/a.jpeg")
      let few = #expect(throws: DataError.self) { try DataSet(contentsOf: "\(root)/v2", classes: Array(thousand.prefix(20))) }
      #expect(few?.description.contains("synset_words.txt") == true)
      #expect(throws: DataError.self) { try DataSet(contentsOf: "\(root)/v2") }
      let numbers = ["0", "1", "10", "2"].map { ClassID(wnid: $0, name: $0) }
      #expect(try DataSet(contentsOf: "\(root)/v2", classes: numbers).val.map(\.label) == [0, 2, 3])
      let words = (0..<10).map { String(format: "n1%07d word", $0) }
      try put(words.joined(separator: "\n").utf8, at: "\(root)/v2/synset_words.txt")
      let short = #expect(throws: DataError.self) { try DataSet(contentsOf: "\(root)/v2") }
      #expect(short?.description.contains("class folder 10") == true)
      let list = (0..<11).map { String(format: "n1%07d word", $0) }
      try put(list.joined(separator: "\n").utf8, at: "\(root)/v2/synset_words.txt")
      let listed = try DataSet(contentsOf: "\(root)/v2")
      #expect(listed.val.map { listed.classes[$0.label].wnid } == ["n10000000", "n10000002", "n10000010"])
    }
  }

  @Test("what isn't read is named with its form and the way round")
  func foreign() throws {
    let cases: [([String], [String])] = [
      (
        ["data/train-00000-of-00257.parquet", "data/train-00001-of-00257.parquet", "README.md"],
        ["Parquet", "1 more", "docs/data.md"]
      ),
      (["imagenet-1k-train-00000-of-00257.arrow"], ["Arrow"]), (["data.mdb", "lock.mdb"], ["LMDB"]),
      (["ilsvrc12_train_lmdb/data.mdb", "ilsvrc12_val_lmdb/data.mdb"], ["LMDB", "ilsvrc12_train_lmdb/data.mdb"]),
      (["train-00000-of-01024", "validation-00000-of-00128"], ["TFRecord"]),
      (["train/a.tfrecord", "val/b.tfrecord"], ["TFRecord"]),
      (["imagenet2012-train.tfrecord-00000-of-01024"], ["TFRecord"]), (["train.rec", "train.idx"], ["RecordIO"]),
      (["train_data_batch_1.npz"], ["NumPy"]), (["train_500.beton"], [".beton"]),
    ]
    for (files, words) in cases {
      try withDataFolder { root in
        for file in files { try put("something".utf8, at: "\(root)/\(file)") }
        let error = #expect(throws: DataError.self) { try DataSet(contentsOf: root) }
        #expect(error?.kind == .layout)
        for word in words { #expect(error?.description.contains(word) == true, "\(files): \(String(describing: error))") }
        if files.count > 1 { return }
        let own = #expect(throws: DataError.self) { try DataSet(contentsOf: "\(root)/\(files[0])") }
        #expect(own?.description.contains(words[0]) == true, "\(String(describing: own))")
      }
    }
  }
}
