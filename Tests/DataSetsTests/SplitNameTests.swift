import Files
import Foundation
import TestSupport
import Testing

@testable import DataSets

@Suite("Names of splits")
struct SplitNameTests {
  private static let picture: [UInt8] = [0xFF, 0xD8, 0xFF, 0xE0]

  private func shard(_ key: String) -> [UInt8] {
    var tar = TarWriter()
    tar.add("n01000000_\(key).jpg", Self.picture)
    tar.add("n01000000_\(key).cls", [48])
    return tar.finished()
  }

  @Test(
    "the split of a shard is a word of its own in the name, and shards without one beside those with one are passed over by name",
    arguments: [
      (["constrained-val-0.tar", "train-0.tar"], ["train-0.tar"], ["constrained-val-0.tar"]),
      (["medieval-0.tar", "constrained-1.tar"], ["constrained-1.tar", "medieval-0.tar"], []),
      (["train-1.tar", "test-0.tar", "shard-7.tar"], ["train-1.tar"], []),
      (
        ["ilsvrc2012-train-000000.tar", "ILSVRC2012_validation.3.tar"], ["ilsvrc2012-train-000000.tar"],
        ["ILSVRC2012_validation.3.tar"]
      ),
      (["trainingShard_3.tar", "VAL7.tar", "x-valid.tar"], ["trainingShard_3.tar"], ["VAL7.tar", "x-valid.tar"]),
      (["Train/a.tar", "validation/train.tar"], ["Train/a.tar"], ["validation/train.tar"]),
      (["train/a.tar", "b.tar"], ["train/a.tar"], []),
    ])
  func shards(names: [String], train: [String], val: [String]) throws {
    try withDataFolder { root in
      for (index, name) in names.enumerated() { try put(shard("\(index)"), at: "\(root)/\(name)") }
      let set = try DataSet(contentsOf: root)
      for (split, expected) in [(Split.train, train), (.val, val)] {
        #expect(Set(set.samples(split).compactMap { $0.path.folder.relative(to: FileName(root))?.written }) == Set(expected))
      }
      for name in names where !train.contains(name) && !val.contains(name) {
        #expect(set.notes.contains { $0.contains(name) }, "\(name): \(set.notes)")
      }
    }
  }

  @Test("a first shard without samples doesn't hide the others")
  func emptyShard() throws {
    try withDataFolder { root in
      try put(TarWriter().finished(), at: "\(root)/a-000000.tar")
      try put(shard("1"), at: "\(root)/a-000001.tar")
      #expect(try DataSet(contentsOf: root).train.count == 1)
    }
  }

  @Test(
    "folders of splits are known in any case and under their other names, and other folders of pictures are named",
    arguments: [("train", "val"), ("Train", "Val"), ("TRAIN", "validation"), ("training", "valid"), ("train", "Validation")])
  func folders(train: String, val: String) throws {
    try withDataFolder { root in
      for name in [
        "\(train)/n01/a.JPEG", "\(train)/n02/b.JPEG", "test/n01/c.JPEG", "\(val)/v1.JPEG", "loose.jpg", "notes/readme",
      ] {
        try put(Self.picture.prefix(name.hasSuffix("readme") ? 1 : 4), at: "\(root)/\(name)")
      }
      try put("v1.JPEG n02".utf8, at: "\(root)/\(val)/val.txt")
      let set = try DataSet(contentsOf: root)
      #expect(set.train.map { set.names(.train).name(of: $0) } == ["train/n01/a.JPEG", "train/n02/b.JPEG"])
      #expect(set.val.map { set.names(.val).name(of: $0) } == ["val/n02/v1.JPEG"])
      for name in ["(test)", "(loose.jpg)"] { #expect(set.notes.contains { $0.contains(name) }, "\(set.notes)") }
      #expect(!set.notes.contains { $0.contains("notes") })
    }
  }

  @Test("of two folders of one split the usual name counts, and the other is named")
  func twoFolders() throws {
    try withDataFolder { root in
      for name in ["train/n01/a.JPEG", "val/n01/b.JPEG", "Validation/n01/c.JPEG"] {
        try put(Self.picture, at: "\(root)/\(name)")
      }
      let set = try DataSet(contentsOf: root)
      #expect(set.val.map(\.path.last) == ["b.JPEG"] && set.notes.contains { $0.contains("(Validation)") })
    }
  }

  @Test(
    "several official folders or archives of one split are refused, each named",
    arguments: [
      ["ILSVRC2012_img_train_1/n01/a.JPEG", "ILSVRC2012_img_train_2/n02/a.JPEG"],
      ["ILSVRC2012_img_val.part1.tar", "ILSVRC2012_img_val.part2.tar"],
      ["ILSVRC2010_img_train.tar", "ILSVRC2012_img_train/n02/a.JPEG"],
    ])
  func officialParts(names: [String]) throws {
    try withDataFolder { root in
      for name in names { try put(name.hasSuffix("tar") ? shard("1") : Self.picture, at: "\(root)/\(name)") }
      let error = #expect(throws: DataError.self) { try DataSet(contentsOf: root) }
      #expect(error?.kind == .layout)
      for name in names {
        let place = name.split(separator: "/")[0]
        #expect(error?.description.contains("\(root)/\(place)") == true, "\(String(describing: error))")
      }
    }
    // An archive beside the folder that it was unpacked to is no other part, and those of task 3 never count.
    try withDataFolder { root in
      for name in ["ILSVRC2012_img_train/n01/a.JPEG", "ILSVRC2012_img_train.tar", "ILSVRC2012_img_train_t3.tar"] {
        try put(name.hasSuffix("tar") ? shard("1") : Self.picture, at: "\(root)/\(name)")
      }
      let set = try DataSet(contentsOf: root)
      #expect(set.train.map(\.path.last) == ["a.JPEG"])
      #expect(set.notes.contains { $0.contains("ILSVRC2012_img_train.tar") })
    }
  }
}
