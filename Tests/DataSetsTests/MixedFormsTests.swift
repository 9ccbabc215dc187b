import Files
import Foundation
import TestSupport
import Testing

@testable import DataSets

@Suite("Data folders that hold more than one form")
struct MixedFormsTests {
  private static let picture: [UInt8] = [0xFF, 0xD8, 0xFF, 0xE0]

  private func tar(_ members: [(String, [UInt8])]) -> [UInt8] {
    var tar = TarWriter()
    for (name, bytes) in members { tar.add(name, bytes) }
    return tar.finished()
  }

  private var shard: [UInt8] {
    tar([("n01000000_9.jpg", Self.picture), ("n01000000_9.cls", Array("0".utf8))])
  }

  private func putTree(_ root: String) throws {
    for name in ["train/n01000000/a.JPEG", "train/n02000000/b.JPEG", "val/n01000000/c.JPEG"] {
      try put(Self.picture, at: "\(root)/\(name)")
    }
  }

  @Test("a tar without samples beside train/ and val/ is passed over by name, and the tree counts")
  func treeCounts() throws {
    let label = Array("{\"label\": 0}".utf8)
    let tars: [(String, [UInt8])] = [
      ("annotations.tar", tar([("a.json", label)])), ("labels.tar", tar([("0.cls", [48]), ("1.jpg", Self.picture)])),
      ("backup.tar", tar([("train/n01000000/a.JPEG", Self.picture), ("labels.json", label)])),
      ("model_best.pth.tar", Array("PK and no tar".utf8)), ("train.tar", Array(shard.prefix(700))),
    ]
    for (name, bytes) in tars {
      try withDataFolder { root in
        try putTree(root)
        try put(bytes, at: "\(root)/\(name)")
        for place in [root, root + "/"] {
          let set = try DataSet(contentsOf: place)
          #expect(set.summary == "2 classes in train/ and val/: 2 + 1 pictures", "\(name)")
          #expect(set.notes == ["passed over 1: an archive beside the set (\(name))"], "\(name)")
        }
      }
    }
  }

  @Test("a tree of pictures and shards with samples beside each other are refused, each named")
  func twoForms() throws {
    for name in ["train-000000.tar", "extra.tar", "train/more.tar"] {
      try withDataFolder { root in
        try putTree(root)
        try put(tar([("readme", Array("text".utf8))]), at: "\(root)/a.tar")
        try put(shard, at: "\(root)/\(name)")
        let error = #expect(throws: DataError.self) { try DataSet(contentsOf: root) }
        #expect(error?.kind == .layout)
        for word in ["two forms", "\(root)/train", "\(root)/\(name)"] {
          #expect(error?.description.contains(word) == true, "\(String(describing: error))")
        }
        // For a job on pictures it is only the classes that aren't known.
        #expect(throws: DataError.self) { try KnownLabels(around: FileName(root), classes: []) }
        #expect(try KnownLabels(around: FileName("\(root)/val/n01000000/more"), classes: []) == nil)
      }
    }
  }

  @Test(
    "archives of one split beside a tree of the other are read, or the error names them and the way round",
    arguments: [
      (["ILSVRC2012_img_train.tar"], nil),
      (["ILSVRC2012_img_train.tar", "train/"], "if there is no folder train/"),
      (["train.tar"], "(ILSVRC2012_img_train.tar)"), (["ILSVRC2012_img_train.tar.partaa"], "pieces have been joined"),
      (["ILSVRC2012_img_train.tar", "ILSVRC2012_img_train_2.tar"], "unpack or move all of them into"),
      (["train/ILSVRC2012_img_train.tar"], "in the data folder itself"),
    ] as [([String], String?)])
  func archivesOfOneSplit(names: [String], words: String?) throws {
    try withDataFolder { root in
      try put(Self.picture, at: "\(root)/val/n01000000/c.JPEG")
      let archive = tar([("n01000000.tar", tar([("n01000000_1.JPEG", Self.picture)]))])
      for name in names {
        if name.hasSuffix("/") {
          try FileManager.default.createDirectory(atPath: "\(root)/\(name)", withIntermediateDirectories: false)
        } else {
          try put(archive, at: "\(root)/\(name)")
        }
      }
      do {
        let set = try DataSet(contentsOf: root)
        // Without training pictures, a training ends with this sentence.
        if set.train.isEmpty { throw DataError(.layout, set.layout?.archivesBeside(.train) ?? "") }
        #expect(words == nil && set.train.count == 1 && set.val.count == 1)
      } catch let error as DataError {
        #expect(words.map { error.description.contains($0) } == true, "\(names): \(error)")
        #expect(error.description.contains(FilePath.name(of: names[0])), "\(names): \(error)")
      }
    }
  }

  @Test("a split in Kaggle's tree beside the archive of the other split isn't left out")
  func kaggleBesideArchive() throws {
    try withDataFolder { root in
      try put(tar([("n01000000.tar", tar([("a.JPEG", Self.picture)]))]), at: "\(root)/ILSVRC2012_img_train.tar")
      try put(Self.picture, at: "\(root)/ILSVRC/Data/CLS-LOC/val/n01000000/c.JPEG")
      let error = #expect(throws: DataError.self) { try DataSet(contentsOf: root) }
      for word in ["two forms", "\(root)/ILSVRC2012_img_train.tar", "ILSVRC/Data/CLS-LOC/val", "link that folder to \(root)/val"]
      {
        #expect(error?.description.contains(word) == true, "\(String(describing: error))")
      }
    }
  }

  @Test("a damaged tar beside loose pictures leaves their labels unknown and is no error")
  func loosePictures() throws {
    try withDataFolder { root in
      try put(Self.picture, at: "\(root)/q/a.JPEG")
      try put("no tar".utf8, at: "\(root)/q/m.pth.tar")
      #expect(try KnownLabels(around: FileName("\(root)/q"), classes: []) == nil)
      let error = #expect(throws: DataError.self) { try DataSet(contentsOf: "\(root)/q") }
      #expect(error?.description.contains("m.pth.tar") == true)
    }
  }

  @Test("the content of a shard's member decides whether it is a picture, and a set without pictures is refused")
  func content() throws {
    try withDataFolder { root in
      try put("n01000000 one\nn02000000 two\n".utf8, at: "\(root)/synset_words.txt")
      let members = [("0.img", Self.picture), ("1", Self.picture), ("2.jpg", Self.picture), ("2.txt", Array("words".utf8))]
      let labels = (0..<3).map { ("\($0).cls", Array("\($0 % 2)".utf8)) }
      try put(tar(members + labels), at: "\(root)/a.tar")
      let set = try DataSet(contentsOf: root)
      #expect(
        set.train.map { set.names(.train).name(of: $0) } == [
          "train/n01000000/0.img", "train/n01000000/2.jpg", "train/n02000000/1",
        ])
      try put(tar(members), at: "\(root)/a.tar")
      #expect(throws: DataError.self) { try DataSet(contentsOf: root) }
    }
    for folder in ["val/n01", "val/n02/n03"] {
      try withDataFolder { root in
        try FileManager.default.createDirectory(atPath: "\(root)/\(folder)", withIntermediateDirectories: true)
        let error = #expect(throws: DataError.self) { try DataSet(contentsOf: root) }
        #expect(error?.kind == .layout && error?.description.contains("\(root) has no pictures") == true)
      }
    }
  }
}
